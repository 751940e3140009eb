using Portolan.Cli.Hosting;

namespace Portolan.Cli.Commands.Lab;

/// <summary><c>portolan lab COMMAND</c>: networks of virtual hosts.</summary>
public sealed class LabCommand : CommandGroup
{
    /// <summary>Makes the command.</summary>
    public LabCommand()
        : base("lab", "networks of virtual hosts, for learning and for testing network programs")
    {
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        A lab is a network inside one process: hosts with real TCP/IP, services for real clients, routers with firewalls, links with loss
        and delay. A few lines of YAML describe it. Programs in the lab see that network and no other, and no packet leaves it: the lab
        has namespaces of its own, which the kernel removes with the last process. A lab does not contain a hostile program: its files are
        the machine's own, with the rights of the caller. No privilege is needed if ordinary users may create user namespaces.

        The program portolan-server, beside portolan, runs the labs.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan lab list", "the built-in labs"),
        new("portolan lab run office -- curl http://web/", "one command in a lab"),
        new("portolan lab run office -- nmap -sS 198.18.0.0/24", "a scanner, as root in the lab's own namespace"),
    ];

    /// <inheritdoc/>
    protected override Advice? RemedyForCommand(string word) => LabRemedies.Find(word);

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["lab run", "scan"];
}
