using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Rules;

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

    /// <summary>What is kept for ports that have the same answers; <c>null</c> where no such port was judged.</summary>
    /// <param name="port">The port.</param>
    /// <param name="last">The last of the ports from this one on of which the same holds.</param>
    public PortMatch<T>? Find(ushort port, out ushort last)
    {
        var span = PortStretch.All;
        var node = _root;
        List<RuleReference>? rules = null;
        while (node.Question is { } question)
        {
            var answer = question.Answer(port, ref span);
            if (!node.Branches.TryGetValue(answer, out var next))
            {
                break;
            }

            if (question is PortIndex index)
            {
                (rules ??= []).AddRange(index.RulesAbout(port).Select(static rule => rule.Reference));
            }

            node = next;
        }

        last = span.Last;
        return node.Leaf is not { } leaf ? null : new PortMatch<T>(leaf, new RuleExchange(node.Rules, [.. rules ?? []]));
    }

    /// <summary>Keeps something for all ports with the answers of a trace, where there may be others.</summary>
    public void Add(PortTrace trace, T leaf)
    {
        if (!trace.IsShared || trace.Path is not { } path)
        {
            return;
        }

        var node = _root;
        foreach (var (question, answer) in path)
        {
            // Never so as long as the judge is deterministic.
            if (node.Leaf is not null || !(node.Question ??= question).Equals(question))
            {
                return;
            }

            if (!node.Branches.TryGetValue(answer, out var next))
            {
                node.Branches.Add(answer, next = new Node());
            }

            node = next;
        }

        if (node.Question is null)
        {
            (node.Leaf, node.Rules) = (leaf, trace.Rules);
        }
    }

    private sealed class Node
    {
        public IPortQuestion? Question { get; set; }

        public T? Leaf { get; set; }

        public IReadOnlyList<RuleReference> Rules { get; set; } = [];

        public Dictionary<int, Node> Branches => field ??= [];
    }
}

/// <summary>What is kept for a port.</summary>
/// <param name="Leaf">It.</param>
/// <param name="Exchange">The rules about the port that was judged, and those about this one.</param>
/// <typeparam name="T">Its type.</typeparam>
public sealed record PortMatch<T>(T Leaf, RuleExchange Exchange);
