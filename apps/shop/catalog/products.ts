/** What the shop sells. */

export interface Product {
  id: string;
  name: string;
  description: string;
  /** In units of the currency, with at most two decimals. */
  price: number;
  category: string;
  /** Stars from 1 to 5; only version v2 of the service shows them. */
  rating: number;
}

export const products: readonly Product[] = [
  {
    id: "p-1",
    name: "Laptop",
    description: "14 inch, 32 GB of memory, a keyboard to write books on",
    price: 1299,
    category: "computers",
    rating: 4.6,
  },
  {
    id: "p-2",
    name: "Mouse",
    description: "Wireless, for either hand",
    price: 24.9,
    category: "computers",
    rating: 4.1,
  },
  {
    id: "p-3",
    name: "Keyboard",
    description: "Mechanical, with quiet switches",
    price: 89.5,
    category: "computers",
    rating: 4.7,
  },
  {
    id: "p-4",
    name: "Monitor",
    description: "27 inch, 4K, turns upright",
    price: 379,
    category: "computers",
    rating: 4.4,
  },
  {
    id: "p-5",
    name: "Headphones",
    description: "Closed, with a cable that can be replaced",
    price: 149.99,
    category: "audio",
    rating: 4.8,
  },
  {
    id: "p-6",
    name: "Microphone",
    description: "For a desk, with a stand and a mute button",
    price: 79.95,
    category: "audio",
    rating: 4,
  },
  {
    id: "p-7",
    name: "Speaker",
    description: "Small, loud and waterproof",
    price: 59,
    category: "audio",
    rating: 3.9,
  },
  {
    id: "p-8",
    name: "Desk lamp",
    description: "Warm or cold light, dimmed by a touch",
    price: 34.99,
    category: "office",
    rating: 4.3,
  },
  {
    id: "p-9",
    name: "Notebook",
    description: "Paper, dotted, 192 pages",
    price: 12.5,
    category: "office",
    rating: 4.5,
  },
  {
    id: "p-10",
    name: "Pen",
    description: "Black ink that dries at once",
    price: 1.99,
    category: "office",
    rating: 4.2,
  },
  {
    id: "p-11",
    name: "Backpack",
    description: "20 litres, with a padded place for a laptop",
    price: 69.9,
    category: "travel",
    rating: 4.6,
  },
  {
    id: "p-12",
    name: "Power bank",
    description: "20 Ah, charges two devices at a time",
    price: 44.95,
    category: "travel",
    rating: 4.1,
  },
];

/** The products in whose name, description or category each word of the query is, in either case. */
export function search(query: string, among: readonly Product[] = products): Product[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return among.filter(({ name, description, category }) => {
    const text = `${name} ${description} ${category}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
