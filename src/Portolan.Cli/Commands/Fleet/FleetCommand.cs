using Portolan.Cli.Hosting;

namespace Portolan.Cli.Commands.Fleet;

/// <summary><c>portolan fleet COMMAND</c>: scans from many machines.</summary>
public sealed class FleetCommand : CommandGroup
{
    /// <summary>Makes the command.</summary>
    public FleetCommand()
        : base("fleet", "scans from many machines: agents that share the work, results in one database")
    {
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        A coordinator (portolan fleet serve) cuts a scan into chunks. Agents (portolan agent) take chunks of their zone, scan them, and send
        what they found. RabbitMQ carries both, PostgreSQL holds the results. An agent opens one connection, to the broker, and listens on
        nothing. If an agent, a coordinator, the broker or the database fails, the work continues when it is back: a chunk is scanned again
        from its last stored position, and no result is lost or stored twice.

        The broker and the database are named in a file, by default /etc/portolan/fleet.yaml, their passwords in files of mode 0600.
        docs/fleet.md shows each step, from two installed packages to three agents.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan fleet init", "tables, exchanges and queues, once"),
        new("portolan fleet serve", "the coordinator"),
        new("portolan fleet start 198.51.100.0/24 -p 22,80,443", "a scan by the agents; prints the number of the job"),
        new("portolan fleet results 1", "what it found"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["agent", "fleet start", "scan"];
}
