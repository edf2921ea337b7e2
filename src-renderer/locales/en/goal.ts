/** Messages of the goal page: how small the model must become. */
export const GOAL = {
  title: 'Goal',
}
