using Portolan.Transport.Reassembly;

namespace Portolan.Tests.Transport;

/// <summary>Reassembly as one would do it without a thought of cost: every fragment in a list, every byte looked at.</summary>
internal sealed class ReassemblyModel(TimeSpan timeout)
{
    private readonly Dictionary<(bool, int), State> _packets = [];

    internal (ReassemblyOutcome Outcome, ReassemblyFault Fault, byte[]? Data) Accept(
        TimeSpan now, (bool, int) key, int start, byte[] data, bool isLast)
    {
        if (!_packets.TryGetValue(key, out var state) || state.Deadline <= now)
        {
            state = new State(now + timeout);
            _packets[key] = state;
        }

        if (state.IsGivenUp)
        {
            return (ReassemblyOutcome.Refused, ReassemblyFault.Overlap, null);
        }

        if (state.Fragments.Exists(f => f.Start == start && f.IsLast == isLast && f.Data.AsSpan().SequenceEqual(data)))
        {
            return (ReassemblyOutcome.Waiting, ReassemblyFault.None, null);
        }

        state.Fragments.Add((start, data, isLast));
        var bytes = new Dictionary<int, byte>();
        var ends = state.Fragments.Where(static f => f.IsLast).Select(static f => f.Start + f.Data.Length).Distinct().ToList();
        foreach (var (from, content, _) in state.Fragments)
        {
            for (var i = 0; i < content.Length; i++)
            {
                state.IsGivenUp |= !bytes.TryAdd(from + i, content[i]);
            }
        }

        state.IsGivenUp |= ends.Count > 1 || (ends.Count == 1 && bytes.Keys.Max() >= ends[0]);
        if (state.IsGivenUp)
        {
            return (ReassemblyOutcome.Refused, ReassemblyFault.Overlap, null);
        }

        if (ends.Count == 0 || bytes.Count != ends[0])
        {
            return (ReassemblyOutcome.Waiting, ReassemblyFault.None, null);
        }

        _packets.Remove(key);
        return (ReassemblyOutcome.Complete, ReassemblyFault.None,
            [.. bytes.OrderBy(static pair => pair.Key).Select(static pair => pair.Value)]);
    }

    private sealed class State(TimeSpan deadline)
    {
        internal TimeSpan Deadline { get; } = deadline;

        internal List<(int Start, byte[] Data, bool IsLast)> Fragments { get; } = [];

        internal bool IsGivenUp { get; set; }
    }
}
