import { createRouter, createWebHashHistory, type Router } from 'vue-router'
import HomePage from './history/HomePage.vue'
import type { MessageKey } from './locales/i18n.ts'
import type { Step } from './ui/steps.ts'

declare module 'vue-router' {
  interface RouteMeta {
    /** What the page is called: the window's title, and what a screen reader says on arrival. */
    title?: MessageKey
    /** The step of the wizard it is. */
    step?: Step
  }
}

/** Addresses of the app, in the fragment: the same in Electron and on the loopback page. */
export function createAppRouter(): Router {
  return createRouter({
    history: createWebHashHistory(),
    scrollBehavior: () => ({ top: 0 }),
    routes: [
      { path: '/', name: 'home', component: HomePage, meta: { title: 'shell.home' } },
      {
        path: '/new/model',
        name: 'model',
        component: () => import('./wizard/ModelPage.vue'),
        meta: { title: 'model.title', step: 'model' },
      },
      { path: '/new/goal', name: 'goal', component: () => import('./wizard/GoalPage.vue'), meta: { title: 'goal.title', step: 'goal' } },
      { path: '/new/use', name: 'use', component: () => import('./wizard/UsePage.vue'), meta: { title: 'use.title', step: 'use' } },
      {
        path: '/new/method',
        name: 'method',
        component: () => import('./wizard/MethodPage.vue'),
        meta: { title: 'method.title', step: 'method' },
      },
      {
        path: '/new/check',
        name: 'check',
        component: () => import('./wizard/CheckPage.vue'),
        meta: { title: 'check.title', step: 'check' },
      },
      {
        path: '/runs/:runId/plan',
        name: 'plan',
        component: () => import('./wizard/PlanPage.vue'),
        props: true,
        meta: { title: 'shell.plan', step: 'method' },
      },
      {
        path: '/runs/:runId/run',
        name: 'run',
        component: () => import('./run/RunPage.vue'),
        props: true,
        meta: { title: 'run.title', step: 'run' },
      },
      {
        path: '/runs/:runId/result',
        name: 'result',
        component: () => import('./result/ResultPage.vue'),
        props: true,
        meta: { title: 'result.title', step: 'result' },
      },
      {
        path: '/runs/:runId/export',
        name: 'export',
        component: () => import('./export/ExportPage.vue'),
        props: true,
        meta: { title: 'export.title', step: 'export' },
      },
      { path: '/compare', name: 'compare', component: () => import('./compare/ComparePage.vue'), meta: { title: 'compare.title' } },
      { path: '/history', name: 'history', component: () => import('./history/HistoryPage.vue'), meta: { title: 'history.title' } },
      {
        path: '/history/calibrations',
        name: 'calibrations',
        component: () => import('./history/CalibrationsPage.vue'),
        meta: { title: 'history.calibrations' },
      },
      { path: '/settings', name: 'settings', component: () => import('./settings/SettingsPage.vue'), meta: { title: 'settings.title' } },
      { path: '/:rest(.*)*', redirect: { name: 'home' } },
    ],
  })
}
