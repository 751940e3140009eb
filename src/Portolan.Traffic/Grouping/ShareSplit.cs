namespace Portolan.Traffic.Grouping;

/// <summary>Divides the bytes of a socket among the processes that called for it.</summary>
internal static class ShareSplit
{
    /// <summary>
    /// The parts, the largest first; together they are the bytes of the socket. What no call moved, such as a splice, goes with the calls:
    /// in their proportion, or to the process that called at all.
    /// </summary>
    public static IReadOnlyList<(int ProcessId, ProcessShare? Share, ulong? BytesIn, ulong? BytesOut)> Of(TrafficFlow flow)
    {
        var shares = flow.Shares;
        switch (shares.Count)
        {
            case 0:
                return [(flow.HolderPid, null, flow.BytesIn, flow.BytesOut)];
            case 1:
                return [(shares[0].ProcessId, shares[0], flow.BytesIn, flow.BytesOut)];
        }

        var ordered = shares.OrderByDescending(static s => s.BytesIn + s.BytesOut).ToList();
        var received = Divide(flow.BytesIn, ordered, static s => s.BytesIn);
        var sent = Divide(flow.BytesOut, ordered, static s => s.BytesOut);
        return [.. ordered.Select((share, index) => (share.ProcessId, (ProcessShare?)share, received[index], sent[index]))];
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
            var part = sum == 0 ? 0 : sum == all ? figure(shares[index]) : (ulong)((UInt128)all * figure(shares[index]) / sum);
            parts[index] = part;
            rest -= part;
        }

        parts[0] = rest;
        return parts;
    }
}
