/** A catalog with exactly the messages of another one: what every language other than English is held to by its type. */
export type SameMessages<T> = { readonly [K in keyof T]: string }
