using Portolan.Cli.Hosting;

namespace Portolan.Cli.Commands.Lab;

/// <summary><c>portolan lab COMMAND</c>: networks of virtual hosts.</summary>
public sealed class LabCommand : CommandGroup
{
    /// <summary>Makes the command.</summary>
    public LabCommand()
        : base("lab", "networks of virtual hosts, to learn on and to test network programs against")
    {
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        A lab is a network that lives in one process: hosts with real TCP/IP, services that real clients talk to, routers with firewalls,
        links that lose and delay. It is described by a few lines of YAML. What runs in it sees that network and no
        other, and no packet leaves it: it has namespaces of its own, which the kernel takes away with the last process. It is no cage for
        a hostile program: files are the machine's own, with the rights of the caller. No privilege is needed where ordinary users may
        make user namespaces.

        The work is done by the program portolan-server, which lies beside portolan.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan lab list", "the built-in labs"),
        new("portolan lab run office -- curl http://web/", "one command in a lab"),
        new("portolan lab run office -- nmap -sS 198.18.0.0/24", "a scanner, as root of the lab's own namespace"),
    ];

    /// <inheritdoc/>
    protected override Advice? RemedyForCommand(string word) => LabRemedies.Find(word);

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["lab run", "scan"];
}
