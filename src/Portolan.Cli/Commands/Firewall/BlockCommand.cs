using Portolan.Cli.Hosting;
using Portolan.Firewall.Changing;

namespace Portolan.Cli.Commands.Firewall;

/// <summary><c>portolan block</c>.</summary>
public sealed class BlockCommand : RuleCommand
{
    /// <summary>Makes the command.</summary>
    public BlockCommand()
        : base(OwnAction.Block, "drop new connections to ports: the sender sees a timeout")
    {
    }

    /// <inheritdoc/>
    public override string Details =>
        $"""
        A drop is final, even if other tables accept the packet. Existing connections continue; --cut ends them: connections of this
        machine's sockets with a reset, forwarded ones by deleting their conntrack entry, so that their next packet meets the rule. Your
        own connection is kept.

        {EveryChange}
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan block 8080", "TCP and UDP, from everywhere"),
        new("portolan block 3306/tcp --iface eth0 --cut", "from one interface, and end existing connections"),
        new("portolan block 25,110,143/tcp --from 2001:db8::/32,192.0.2.0/24 --for 1h", "several ports and networks, for an hour"),
    ];
}
