namespace Portolan.Firewall.Judging.Machine;

/// <summary>A zone of connection tracking: connections are looked up in it alone (struct nf_conntrack_zone).</summary>
/// <param name="Original">Its number for packets that go as the first one did.</param>
/// <param name="Reply">Its number for answers.</param>
/// <param name="Rule">The rule that chose it, or <c>null</c> for the zone of all others, 0.</param>
/// <param name="IsKnown">Whether the numbers are known.</param>
internal sealed record ConnectionZone(ushort Original, ushort Reply, OpenQuestion? Rule, bool IsKnown = true)
{
    /// <summary>The zone of what no rule puts into another.</summary>
    public static ConnectionZone Default { get; } = new(0, 0, null);

    /// <summary>
    /// Whether a packet that is looked up in one zone is found there as one of a connection in the other (nf_ct_zone_equal).
    /// </summary>
    public bool IsSame(ConnectionZone other, bool isReply) => isReply ? Reply == other.Reply : Original == other.Original;
}
