namespace Router.Tests.Harness;

/// <summary>The cycles of a graph.</summary>
internal static class Cycles
{
    /// <summary>Sets of nodes that reach each other, of more than one node (Tarjan).</summary>
    public static List<string[]> Of(IEnumerable<(string From, string To)> edges)
    {
        var graph = edges.Where(edge => edge.From != edge.To).ToLookup(edge => edge.From, edge => edge.To);
        var (index, low, stack, cycles) = (
            new Dictionary<string, int>(),
            new Dictionary<string, int>(),
            new Stack<string>(),
            new List<string[]>()
        );
        foreach (var node in graph.Select(group => group.Key))
        {
            if (!index.ContainsKey(node))
                Visit(node);
        }

        return cycles;

        void Visit(string node)
        {
            index[node] = low[node] = index.Count;
            stack.Push(node);
            foreach (var next in graph[node])
            {
                if (!index.TryGetValue(next, out var seen))
                {
                    Visit(next);
                    low[node] = Math.Min(low[node], low[next]);
                }
                else if (stack.Contains(next))
                {
                    low[node] = Math.Min(low[node], seen);
                }
            }

            if (low[node] != index[node])
                return;
            var cycle = new List<string>();
            do cycle.Add(stack.Pop());
            while (cycle[^1] != node);
            if (cycle.Count > 1)
                cycles.Add([.. cycle.Order(StringComparer.Ordinal)]);
        }
    }
}
