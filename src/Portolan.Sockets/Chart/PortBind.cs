namespace Portolan.Sockets.Chart;

/// <summary>An address that a listener is bound to.</summary>
/// <param name="Address">The address as the socket has it.</param>
/// <param name="DualStack">Whether an IPv6 wildcard also takes IPv4; <c>null</c> when the source does not say.</param>
/// <param name="InterfaceIndex">The interface it is bound to (SO_BINDTODEVICE, or an address scope), 0 for none.</param>
public readonly record struct PortBind(InternetAddress Address, bool? DualStack, int InterfaceIndex) : IComparable<PortBind>
{
    /// <summary>The loopback interface has this index in every namespace (LOOPBACK_IFINDEX in the kernel).</summary>
    public const int LoopbackInterface = 1;

    /// <summary>The bind of a listed socket.</summary>
    public static PortBind Of(in SocketEntry entry)
    {
        var isWildcard = entry.LocalAddress.IsUnspecified;
        bool? dualStack = !isWildcard || entry.LocalAddress.IsIPv4 ? false
            : entry.IsDualStack ? true
            : (entry.Flags & SocketFlags.V6OnlyKnown) != 0 ? false
            : null;
        return new PortBind(entry.LocalAddress, dualStack, entry.InterfaceIndex);
    }

    /// <summary>Whether it takes traffic for any address of its family; <c>::ffff:0.0.0.0</c> is any of IPv4.</summary>
    public bool IsWildcard => Address.Unmap().IsUnspecified;

    /// <summary>Whether only this machine can reach it.</summary>
    public bool IsLocal => Address.IsLoopback || InterfaceIndex == LoopbackInterface;

    /// <summary>
    /// Whether it takes IPv4 traffic; a wildcard of unknown kind is taken for dual-stack, Linux's default (bindv6only 0).
    /// </summary>
    public bool TakesIPv4 => Address.IsIPv4 || Address.IsIPv4Mapped || (IsWildcard && DualStack != false);

    /// <summary>Whether it takes IPv6 traffic.</summary>
    public bool TakesIPv6 => !Address.IsIPv4 && !Address.IsIPv4Mapped;

    /// <summary>
    /// How well a connection's local address fits: 0 not at all, 1 a wildcard of both families, 2 a wildcard of its own, 3 the
    /// exact address. The kernel hands a new connection to the best fit (compute_score in net/ipv4/inet_hashtables.c).
    /// </summary>
    public int Fit(InternetAddress local)
    {
        var mine = Address.Unmap();
        var other = local.Unmap();
        if (mine == other)
        {
            return 3;
        }

        if (!IsWildcard)
        {
            return 0;
        }

        return mine.IsIPv4 == other.IsIPv4 ? 2 : TakesIPv4 && other.IsIPv4 ? 1 : 0;
    }

    /// <inheritdoc/>
    public int CompareTo(PortBind other)
    {
        var byAddress = Address.CompareTo(other.Address);
        return byAddress != 0 ? byAddress : InterfaceIndex.CompareTo(other.InterfaceIndex);
    }

    /// <summary>Orders as <see cref="CompareTo"/>.</summary>
    public static bool operator <(PortBind left, PortBind right) => left.CompareTo(right) < 0;

    /// <summary>Orders as <see cref="CompareTo"/>.</summary>
    public static bool operator >(PortBind left, PortBind right) => left.CompareTo(right) > 0;

    /// <summary>Orders as <see cref="CompareTo"/>.</summary>
    public static bool operator <=(PortBind left, PortBind right) => left.CompareTo(right) <= 0;

    /// <summary>Orders as <see cref="CompareTo"/>.</summary>
    public static bool operator >=(PortBind left, PortBind right) => left.CompareTo(right) >= 0;
}
