namespace Portolan.Firewall.Judging.Ports;

/// <summary>Answers about ports, found by what the judge asked about the ports before.</summary>
/// <remarks>
/// The judge is deterministic: what it asks next about a port follows from the answers so far. So the questions are a tree, with a
/// branch for each answer. A port whose answers lead to a leaf has the fate that is kept there, and needs no judging.
/// Not for several threads at once.
/// </remarks>
/// <typeparam name="T">What is kept for a port.</typeparam>
public sealed class PortTree<T>
    where T : class
{
    private readonly Node _root = new();
    private PortStretch _span;

    /// <summary>What is kept for ports that have the same answers; <c>null</c> where no such port was judged.</summary>
    /// <param name="port">The port.</param>
    /// <param name="last">The last of the ports from this one on of which the same holds.</param>
    public T? Find(ushort port, out ushort last)
    {
        var leaf = Find(port);
        last = _span.Last;
        return leaf;
    }

    private T? Find(ushort port)
    {
        _span = PortStretch.All;
        var node = _root;
        while (node.Question is { } question)
        {
            if (!node.Branches.TryGetValue(question.Answer(port, ref _span), out var next))
            {
                return null;
            }

            node = next;
        }

        return node.Leaf;
    }

    /// <summary>Keeps something for all ports with the answers of a trace.</summary>
    public void Add(PortTrace trace, T leaf)
    {
        if (trace.Path is not { } path)
        {
            return;
        }

        var node = _root;
        foreach (var (question, answer) in path)
        {
            // Never so as long as the judge is deterministic.
            if (node.Leaf is not null || (node.Question ??= question) is var known && !known.Equals(question))
            {
                return;
            }

            if (!node.Branches.TryGetValue(answer, out var next))
            {
                node.Branches.Add(answer, next = new Node());
            }

            node = next;
        }

        node.Leaf = node.Question is null ? leaf : node.Leaf;
    }

    private sealed class Node
    {
        public IPortQuestion? Question { get; set; }

        public T? Leaf { get; set; }

        public Dictionary<int, Node> Branches => field ??= [];
    }
}
