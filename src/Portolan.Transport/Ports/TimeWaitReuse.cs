namespace Portolan.Transport.Ports;

/// <summary>What is known of a connection that rests in TIME-WAIT.</summary>
/// <param name="HadTimestamps">Whether it used timestamps.</param>
/// <param name="LastTimestamp">TS.Recent: the last timestamp of the peer.</param>
/// <param name="NextSequence">RCV.NXT: one more than the last sequence number of the peer.</param>
internal readonly record struct TimeWaitRecord(bool HadTimestamps, uint LastTimestamp, SequenceNumber NextSequence);

/// <summary>What a SYN offers that would take the pair over.</summary>
/// <param name="HasTimestamps">Whether the new connection would use timestamps: the SYN has them and this end wants them.</param>
/// <param name="Timestamp">Its TSval.</param>
/// <param name="Sequence">Its sequence number.</param>
internal readonly record struct TimeWaitSyn(bool HasTimestamps, uint Timestamp, SequenceNumber Sequence);

/// <summary>Whether a new connection may take the place of one in TIME-WAIT.</summary>
internal static class TimeWaitReuse
{
    /// <summary>
    /// How long after the peer's last timestamp a pair may be taken over by a connection of this end: more than a second, so that its clock
    /// of timestamps has ticked (Linux' <c>tcp_twsk_unique</c>, <c>net.ipv4.tcp_tw_reuse</c>).
    /// </summary>
    public static readonly TimeSpan MinimumRest = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Whether a SYN may start a new connection (RFC 6191 section 2). When not, it is dropped, and TIME-WAIT answers as RFC 9293 says.
    /// </summary>
    public static bool MayAccept(in TimeWaitRecord previous, in TimeWaitSyn syn)
    {
        // The last sequence number that was seen is one before the next.
        var isLaterSequence = syn.Sequence >= previous.NextSequence;
        if (!syn.HasTimestamps)
        {
            return isLaterSequence;
        }

        if (!previous.HadTimestamps)
        {
            return true;
        }

        // Timestamps are compared as sequence numbers are (RFC 7323 section 5.2).
        var (timestamp, last) = (new SequenceNumber(syn.Timestamp), new SequenceNumber(previous.LastTimestamp));
        return timestamp > last || (timestamp == last && isLaterSequence);
    }

    /// <summary>
    /// Whether this end may connect with the pair: only when both connections have timestamps, and the peer's last one is old enough.
    /// </summary>
    /// <param name="previous">The resting connection.</param>
    /// <param name="wantsTimestamps">Whether the new one offers timestamps.</param>
    /// <param name="sinceLastTimestamp">How long ago the peer's last timestamp came.</param>
    public static bool MayConnect(in TimeWaitRecord previous, bool wantsTimestamps, TimeSpan sinceLastTimestamp) =>
        previous.HadTimestamps && wantsTimestamps && sinceLastTimestamp > MinimumRest;

    /// <summary>
    /// The first sequence number of a connection that takes over: above all that the old one may have had in flight (Linux: SND.NXT +
    /// 65,535 + 2).
    /// </summary>
    public static SequenceNumber FirstSequence(SequenceNumber previousNext) => previousNext + 65_537u;
}
