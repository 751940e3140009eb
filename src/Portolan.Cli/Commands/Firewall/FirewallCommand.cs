using Portolan.Cli.Hosting;

namespace Portolan.Cli.Commands.Firewall;

/// <summary><c>portolan firewall COMMAND</c>: the rules of this machine.</summary>
public sealed class FirewallCommand : CommandGroup
{
    /// <summary>Makes the command.</summary>
    public FirewallCommand()
        : base("firewall", "the firewall's rules: show them and work with them")
    {
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        Rules are read from the kernel itself (nf_tables over netlink, x_tables by getsockopt), independent of the program that made them.
        Reading rules needs CAP_NET_ADMIN.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan firewall show", "which rule applies to which port"),
        new("portolan firewall show --by-rule", "tables, chains and rules in order, with handles and counters"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["firewall show", "nft(8)"];
}
