namespace Portolan.Scan.Engine;

/// <summary>Adds the balance of a resumed run to that of the processes before it.</summary>
internal static class BalanceSum
{
    /// <summary>The sum. Loss is an average by replies: each part tells of as many trials as it had answers.</summary>
    public static ProbeBalance Of(in ProbeBalance before, in ProbeBalance now) => new(
        before.Sent + now.Sent,
        before.Retries + now.Retries,
        before.NotSent + now.NotSent,
        before.Replies + now.Replies,
        Average(before.ProbeLoss, before.Replies, now.ProbeLoss, now.Replies),
        Average(before.EstimatedMissRate, before.Replies, now.EstimatedMissRate, now.Replies));

    private static double? Average(double? before, long beforeReplies, double? now, long nowReplies) => (before, now) switch
    {
        (null, _) => now,
        (_, null) => before,
        _ when beforeReplies + nowReplies == 0 => now,
        _ => ((before * beforeReplies) + (now * nowReplies)) / (beforeReplies + nowReplies),
    };
}
