namespace Portolan.Traffic.Grouping;

/// <summary>Divides the bytes of a socket among the processes that called for it.</summary>
internal static class ShareSplit
{
    /// <summary>
    /// The parts, the largest first; together they are the bytes of the socket. What no call moved, such as a splice, goes with the calls:
    /// in their proportion, or to the process that called at all.
    /// </summary>
    public static IReadOnlyList<FlowPart> Of(TrafficFlow flow)
    {
        var shares = flow.Shares;
        switch (shares.Count)
        {
            case 0:
                return [FlowPart.Whole(flow, flow.HolderPid, null)];
            case 1:
                return [FlowPart.Whole(flow, shares[0].ProcessId, shares[0])];
        }

        var ordered = shares.OrderByDescending(static s => s.BytesIn + s.BytesOut).ToList();
        var received = Divide(flow.BytesIn, ordered, static s => s.BytesIn);
        var sent = Divide(flow.BytesOut, ordered, static s => s.BytesOut);
        var receivedLast = Divide(flow.RecentIn, ordered, static s => s.BytesIn - s.LastIn);
        var sentLast = Divide(flow.RecentOut, ordered, static s => s.BytesOut - s.LastOut);
        return
        [
            .. ordered.Select((share, index) => new FlowPart(
                share.ProcessId, share, received[index], sent[index], receivedLast[index], sentLast[index])),
        ];
    }

    private static ulong?[] Divide(ulong? total, List<ProcessShare> shares, Func<ProcessShare, ulong> figure)
    {
        var parts = new ulong?[shares.Count];
        if (total is not { } all)
        {
            return parts;
        }

        var sum = shares.Aggregate(0UL, (before, share) => before + figure(share));
        var rest = all;
        for (var index = 1; index < parts.Length; index++)
        {
            var part = sum == 0 ? 0 : (ulong)((UInt128)all * figure(shares[index]) / sum);
            parts[index] = part;
            rest -= part;
        }

        parts[0] = rest;
        return parts;
    }
}

/// <summary>What a process carried through a socket, or all that the socket carried.</summary>
/// <param name="ProcessId">The process, 0 where none is known.</param>
/// <param name="Share">What its calls left; <c>null</c> where none was seen.</param>
/// <param name="BytesIn">Bytes received.</param>
/// <param name="BytesOut">Bytes sent.</param>
/// <param name="RecentIn">Bytes received since the look before the last.</param>
/// <param name="RecentOut">Bytes sent since then.</param>
internal readonly record struct FlowPart(
    int ProcessId, ProcessShare? Share, ulong? BytesIn, ulong? BytesOut, ulong? RecentIn, ulong? RecentOut)
{
    /// <summary>All of a socket.</summary>
    public static FlowPart Whole(TrafficFlow flow, int processId, ProcessShare? share) =>
        new(processId, share, flow.BytesIn, flow.BytesOut, flow.RecentIn, flow.RecentOut);
}
