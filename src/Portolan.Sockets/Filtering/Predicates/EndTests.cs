using Portolan.Sockets.Filtering.Pushdown;

namespace Portolan.Sockets.Filtering.Predicates;

/// <summary>The port of one end is in a set. Unix and packet sockets have no ports.</summary>
internal sealed class PortTest(bool isLocal, SortedPortRanges ports) : SocketTest
{
    /// <inheritdoc/>
    public override FilterResult Judge(in SocketEntry entry, FilterContext context) =>
        Decided(IsInternet(entry) && ports.Contains(isLocal ? entry.LocalPort : entry.RemotePort));

    /// <inheritdoc/>
    public override SocketBounds Bounds(bool holds) => holds ? SocketBounds.Internet : SocketBounds.All;

    /// <inheritdoc/>
    public override KernelCondition Kernel(bool holds)
    {
        var allowed = holds ? ports : ports.Complement();
        return allowed.IsFull ? KernelCondition.True : allowed.IsEmpty ? KernelCondition.False : new KernelPorts(isLocal, allowed);
    }
}

/// <summary>
/// The address of one end is in a network. As in the kernel, an IPv4 network also holds for IPv6 sockets that carry IPv4
/// (<c>::ffff:a.b.c.d</c>); an IPv6 network holds for sockets of the IPv6 family only.
/// </summary>
internal sealed class AddressTest(bool isLocal, InternetAddress network, int prefixLength) : SocketTest
{
    /// <inheritdoc/>
    public override FilterResult Judge(in SocketEntry entry, FilterContext context)
    {
        if (!IsInternet(entry))
        {
            return FilterResult.No;
        }

        var address = isLocal ? entry.LocalAddress : entry.RemoteAddress;
        return Decided((network.IsIPv4 ? address.Unmap() : address).IsIn(network, prefixLength));
    }

    /// <inheritdoc/>
    public override SocketBounds Bounds(bool holds) =>
        !holds ? SocketBounds.All
        : network.IsIPv4 ? SocketBounds.Internet
        : SocketBounds.Internet with { Families = Syntax.SocketFamilies.IPv6 };

    /// <inheritdoc/>
    public override KernelCondition Kernel(bool holds) => new KernelHost(isLocal, network, prefixLength, holds);
}

/// <summary>The remote address is not all zeros: there is a peer.</summary>
internal sealed class RemoteAddressKnownTest : SocketTest
{
    /// <inheritdoc/>
    public override FilterResult Judge(in SocketEntry entry, FilterContext context) =>
        Decided(IsInternet(entry) && !entry.RemoteAddress.IsUnspecified);

    /// <inheritdoc/>
    public override SocketBounds Bounds(bool holds) => holds ? SocketBounds.Internet : SocketBounds.All;

    /// <inheritdoc/>
    public override KernelCondition Kernel(bool holds) => holds
        ? KernelCondition.True
        : KernelCondition.Any(
            new KernelHost(IsLocal: false, InternetAddress.AnyIPv4, 32, Holds: true),
            new KernelHost(IsLocal: false, InternetAddress.AnyIPv6, 128, Holds: true));
}

/// <summary>The socket is bound to an interface.</summary>
/// <param name="index">Its index: everywhere when <paramref name="name"/> is <c>null</c>, else in the caller's namespace; 0 when there is
/// none there.</param>
/// <param name="name">Its name, for other namespaces, or <c>null</c>.</param>
/// <param name="inOwnNamespaceOnly">Whether no other namespace is looked into, so that the kernel can compare the index.</param>
internal sealed class InterfaceTest(int index, string? name, bool inOwnNamespaceOnly) : SocketTest
{
    /// <inheritdoc/>
    public override FilterNeeds Needs => name is null || inOwnNamespaceOnly ? FilterNeeds.None : FilterNeeds.InterfaceNames;

    /// <inheritdoc/>
    public override FilterResult Judge(in SocketEntry entry, FilterContext context)
    {
        if (entry.InterfaceIndex == 0)
        {
            return FilterResult.No;
        }

        if (name is null || inOwnNamespaceOnly || entry.NamespaceIndex == 0)
        {
            return Decided(entry.InterfaceIndex == index);
        }

        return context.InterfaceName?.Invoke(entry.NamespaceIndex, entry.InterfaceIndex) is { } found
            ? Decided(name.Equals(found, StringComparison.Ordinal))
            : FilterResult.Unknown;
    }

    /// <inheritdoc/>
    public override KernelCondition Kernel(bool holds) =>
        name is null || inOwnNamespaceOnly ? new KernelBoundInterface(index, holds) : KernelCondition.True;
}
