using Portolan.Cli.Hosting;
using Portolan.Firewall.Changing;

namespace Portolan.Cli.Commands.Firewall;

/// <summary><c>portolan reject</c>.</summary>
public sealed class RejectCommand : RuleCommand
{
    /// <summary>Makes the command.</summary>
    public RejectCommand()
        : base(OwnAction.Reject, "refuse new connections to ports: the sender gets an error at once")
    {
    }

    /// <inheritdoc/>
    public override string Details =>
        $"""
        TCP is answered with a reset, everything else with ICMP or ICMPv6 port unreachable, like a closed port. Existing connections
        continue; --cut ends them.

        {EveryChange}
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan reject 8080", "TCP and UDP, from everywhere"),
        new("portolan reject 113/tcp --to 192.0.2.10", "for one address of this machine"),
        new("portolan reject 8000-8100/tcp --dry-run", "the nftables rules that would be loaded"),
    ];
}
