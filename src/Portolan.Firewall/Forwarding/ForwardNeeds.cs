namespace Portolan.Firewall.Forwarding;

/// <summary>What forwards need of the kernel beside their rules.</summary>
/// <param name="Through4">Whether packets of IPv4 pass through this host.</param>
/// <param name="Through6">Whether packets of IPv6 do.</param>
/// <param name="FromLoopback">Whether packets from 127.0.0.0/8 leave this host, or others come in for it, translated.</param>
public readonly record struct ForwardNeeds(bool Through4, bool Through6, bool FromLoopback)
{
    /// <summary>What these need.</summary>
    /// <param name="forwards">The forwards.</param>
    /// <param name="isOwn">Whether an address is one of this host's.</param>
    public static ForwardNeeds Of(IEnumerable<KernelForward> forwards, Func<InternetAddress, bool> isOwn)
    {
        var needs = default(ForwardNeeds);
        foreach (var forward in forwards)
        {
            foreach (var target in forward.Targets.Where(t => forward.Serves(t.Address.IsIPv4)))
            {
                var isElsewhere = !target.Address.IsLoopback && !isOwn(target.Address);
                var isThrough = isElsewhere && !forward.IsForOwnClients;
                var comesFromLoopback = isElsewhere && forward.OneAddress is null or { IsLoopback: true };
                var leadsToLoopback = target.Address.IsLoopback && !forward.IsForOwnClients;
                needs = new ForwardNeeds(
                    needs.Through4 || (isThrough && target.Address.IsIPv4),
                    needs.Through6 || (isThrough && !target.Address.IsIPv4),
                    needs.FromLoopback || (target.Address.IsIPv4 && ((isElsewhere && comesFromLoopback) || leadsToLoopback)));
            }
        }

        return needs;
    }
}
