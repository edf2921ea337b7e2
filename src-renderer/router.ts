import { createRouter, createWebHashHistory, type Router } from 'vue-router'
import HomePage from './history/HomePage.vue'

/** Addresses of the app, in the fragment: the same in Electron and on the loopback page. */
export function createAppRouter(): Router {
  return createRouter({
    history: createWebHashHistory(),
    scrollBehavior: () => ({ top: 0 }),
    routes: [
      { path: '/', name: 'home', component: HomePage, meta: { title: 'Home' } },
      { path: '/new/model', name: 'model', component: () => import('./wizard/ModelPage.vue'), meta: { title: 'Model', step: 'model' } },
      { path: '/new/budget', name: 'budget', component: () => import('./wizard/BudgetPage.vue'), meta: { title: 'Budget', step: 'budget' } },
      { path: '/new/method', name: 'method', component: () => import('./wizard/MethodPage.vue'), meta: { title: 'Method and plan', step: 'method' } },
      { path: '/runs/:runId/plan', name: 'plan', component: () => import('./wizard/PlanPage.vue'), props: true, meta: { title: 'Plan', step: 'method' } },
      { path: '/runs/:runId/run', name: 'run', component: () => import('./run/RunPage.vue'), props: true, meta: { title: 'Run', step: 'run' } },
      { path: '/runs/:runId/result', name: 'result', component: () => import('./result/ResultPage.vue'), props: true, meta: { title: 'Result', step: 'result' } },
      { path: '/:rest(.*)*', redirect: { name: 'home' } },
    ],
  })
}
