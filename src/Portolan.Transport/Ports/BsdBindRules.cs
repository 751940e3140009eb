using Portolan.Model;

namespace Portolan.Transport.Ports;

/// <summary>
/// FreeBSD: <c>in_pcbbind_setup</c> and <c>in_pcblookup_local</c> (sys/netinet/in_pcb.c). SO_REUSEADDR lets a wildcard and an address share
/// a port, and any end share with connections; the same address twice needs SO_REUSEPORT on both. For a multicast address SO_REUSEADDR
/// counts as SO_REUSEPORT. Whether a holder listens does not matter.
/// </summary>
internal sealed class BsdBindRules : IBindRules
{
    /// <inheritdoc/>
    public BindRule Judge(
        in PortBinding request, PortUse requestUse, in PortBinding holder, PortUse holderUse, bool isChosen, out bool settles)
    {
        settles = false;
        if (isChosen)
        {
            return BindRule.ChosenPortIsNotShared;
        }

        // A wildcard of each family may stand side by side even where one of them is dual-stack (INP_SOCKAF).
        if (request.IsWildcard && holder.IsWildcard && request.Address.IsIPv4 != holder.Address.IsIPv4)
        {
            return BindRule.None;
        }

        var isConnection = holderUse is PortUse.Connected or PortUse.TimeWait;
        var sharesPort = SharesPort(request) && SharesPort(holder);
        if (sharesPort)
        {
            return isConnection || request.Owner == holder.Owner ? BindRule.None : BindRule.OtherOwner;
        }

        // Without either option the lookup takes wildcards and connections too (INPLOOKUP_WILDCARD).
        if (!request.ReuseAddress && !request.ReusePort)
        {
            return BindRule.NotShared;
        }

        if (!isConnection && request.Owner != holder.Owner)
        {
            return BindRule.OtherOwner;
        }

        var sameAddress = request.Address.Unmap() == holder.Address.Unmap() && request.Address.IsIPv4 == holder.Address.IsIPv4;
        return sameAddress && !isConnection ? BindRule.SameAddress : BindRule.None;
    }

    /// <inheritdoc/>
    public bool IsMetLast(in PortBinding holder) => false;

    private static bool SharesPort(in PortBinding binding) => binding.ReusePort || (binding.ReuseAddress && IsMulticast(binding.Address));

    private static bool IsMulticast(InternetAddress address) =>
        address.IsIPv4 ? address.IPv4Bits >> 28 == 0xe : address.UpperBits >> 56 == 0xff;
}
