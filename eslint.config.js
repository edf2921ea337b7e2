import vue from 'eslint-plugin-vue'
import tseslint from 'typescript-eslint'

/**
 * Rules that catch bugs, not taste: what a formatter would do is left to the reader's eye.
 * @type {import('eslint').Linter.RulesRecord}
 */
const rules = {
  eqeqeq: ['error', 'always', { null: 'ignore' }],
  'no-console': ['error', { allow: ['warn', 'error'] }],
  'no-param-reassign': 'error',
  'prefer-const': 'error',
  '@typescript-eslint/no-explicit-any': 'error',
  '@typescript-eslint/no-non-null-assertion': 'error',
  '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true, caughtErrors: 'all' }],
  '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
}

/**
 * Rules that need types; a promise nobody waits for is the bug they are here for.
 * @type {import('eslint').Linter.RulesRecord}
 */
const typedRules = {
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false, attributes: false } }],
  '@typescript-eslint/await-thenable': 'error',
  '@typescript-eslint/only-throw-error': 'error',
}

export default tseslint.config(
  { ignores: ['node_modules', 'out', 'dist', 'native-kernels/build', 'test-results', 'playwright-report', 'resources'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  ...tseslint.configs.strict,
  ...vue.configs['flat/essential'],
  { files: ['**/*.vue'], languageOptions: { parserOptions: { parser: tseslint.parser } } },
  { rules },
  {
    files: ['src-main/**/*.ts', 'test/**/*.ts'],
    ignores: ['test/src-renderer/**'],
    languageOptions: { parserOptions: { projectService: true } },
    rules: typedRules,
  },
  // They talk to a person on a terminal.
  { files: ['src-main/hosts/cli/**', 'src-main/hosts/setup/**', 'test/**'], rules: { 'no-console': 'off' } },
)
