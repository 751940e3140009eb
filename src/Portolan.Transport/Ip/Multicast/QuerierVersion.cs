namespace Portolan.Transport.Ip;

/// <summary>
/// The oldest version that a querier of the link speaks; hosts follow it for a while (RFC 9776 section 7.2.1, RFC 9777 section 8.2.1).
/// </summary>
internal sealed class QuerierVersion
{
    /// <summary>Older Version Querier Interval: robustness 2 times the query interval of 125 s, and a response interval of 10 s.</summary>
    private static readonly TimeSpan OlderInterval = TimeSpan.FromSeconds(260);

    private Instant _igmp1Until;
    private Instant _igmp2Until;
    private Instant _mld1Until;

    /// <summary>1, 2 or 3.</summary>
    internal int Igmp(Instant now) => now < _igmp1Until ? 1 : now < _igmp2Until ? 2 : 3;

    /// <summary>1 or 2.</summary>
    internal int Mld(Instant now) => now < _mld1Until ? 1 : 2;

    internal void OnIgmpQuery(int version, Instant now)
    {
        if (version == 1)
        {
            _igmp1Until = now + OlderInterval;
        }
        else if (version == 2)
        {
            _igmp2Until = now + OlderInterval;
        }
    }

    internal void OnMldQuery(int version, Instant now)
    {
        if (version == 1)
        {
            _mld1Until = now + OlderInterval;
        }
    }
}
