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
        An accept of Portolan's ends Portolan's chain only: what another table drops stays dropped. Then the rule that drops is named, with
        the command of the manager that made it. --via ufw or --via firewalld runs that command instead of making a rule of Portolan's:
        what is decided now and would be then is shown and asked for, and afterwards the ports are judged again from the kernel's rules.
        What a manager allows lasts: it is never pending, and nothing takes it back but the manager's own command, which is named.

        --rate counts new connections of each sender by itself (an address of IPv4, 64 bits of IPv6), with a burst of 5; what is beyond it
        is dropped. 65,535 senders of a family are counted so; when there are more, those for whom there is no room share one such rate.
        The address that you are connected from is not counted, so that nobody else can use up what lets you in; --uncounted names others.
        10/minute/shared counts all senders together, as rules do that earlier versions saved.

        {EveryChange}
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan allow 5432/tcp --from 203.0.113.0/28", "let one network in"),
        new("portolan allow 8080 --from 198.51.100.7 --for 10m", "one address, for ten minutes"),
        new("portolan allow 8080/tcp --via ufw --yes", "let ufw allow it, and judge the port again"),
        new("portolan allow 22/tcp --rate 10/minute --dry-run", "the nftables rules that would be loaded"),
    ];
}
