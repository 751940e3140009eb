using Portolan.Cli.Hosting;
using Portolan.Firewall.Changing;

namespace Portolan.Cli.Commands.Firewall;

/// <summary><c>portolan allow</c>.</summary>
public sealed class AllowCommand : RuleCommand
{
    /// <summary>Makes the command.</summary>
    public AllowCommand()
        : base(OwnAction.Allow, "allow new connections to ports, unless another rule drops them")
    {
    }

    /// <inheritdoc/>
    public override string Details =>
        $"""
        An accept by Portolan ends only Portolan's own chain: other tables may still drop the packet. The rule that drops it is then
        shown, with the command of the manager that made it. --via ufw or --via firewalld runs that command instead of adding a rule of
        Portolan: the current and the future verdict are shown, you confirm, and the ports are then evaluated again from the kernel's
        rules. A manager's rule is permanent: it is never pending, and only the manager's own command removes it; that command is printed.

        --rate counts the new connections of each sender separately (one IPv4 address, 64 bits of IPv6), with a burst of 5; excess
        connections are dropped. Up to 65,535 senders per family are counted; further senders share one such rate. Your own address is
        exempt, so that other senders cannot use up your admission; --uncounted exempts other addresses. 10/minute/shared counts all
        senders together, as rules saved by earlier versions do.

        {EveryChange}
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan allow 5432/tcp --from 203.0.113.0/28", "let one network in"),
        new("portolan allow 8080 --from 198.51.100.7 --for 10m", "one address, for ten minutes"),
        new("portolan allow 8080/tcp --via ufw --yes", "let ufw allow it, then evaluate the port again"),
        new("portolan allow 22/tcp --rate 10/minute --dry-run", "the nftables rules that would be loaded"),
    ];
}
