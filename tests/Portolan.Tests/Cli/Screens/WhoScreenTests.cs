using Portolan.Tests.Support;

namespace Portolan.Tests.Cli.Screens;

/// <summary>The answers of <c>who</c> at the widths of real terminals.</summary>
public sealed class WhoScreenTests
{
    [Fact]
    public void The_holder_of_a_port_fits_every_terminal()
    {
        var machine = new MachineBuilder()
            .Process(1, "systemd", parent: 0, user: 0)
            .Process(60, "sshd", parent: 1, user: 0, command: ["sshd: ada@pts/0"])
            .Process(70, "bash", parent: 60)
            .Process(71, "node", parent: 70, command: ["node", "--inspect", "server.js", "--port", "8080", "--public", "/srv/app/static"])
            .Listen("[::]:8080", 71)
            .Connection("[::ffff:192.0.2.1]:8080", "[::ffff:203.0.113.5]:50000");
        Support.Screens.AssertReviewed("who", (width, ascii) => Draw(machine, width, ascii, "8080"), IsCopied);
    }

    [Fact]
    public void A_bind_that_fails_is_explained_at_every_width()
    {
        var machine = new MachineBuilder().TimeWait("127.0.0.1:9999", "127.0.0.1:50000", 12_300);
        Support.Screens.AssertReviewed("who-bind", (width, ascii) => Draw(machine, width, ascii, "9999/tcp"));
    }

    /// <summary>There to be copied: not broken.</summary>
    private static bool IsCopied(string line) => line.StartsWith("  command ", StringComparison.Ordinal);

    private static string Draw(MachineBuilder machine, int width, bool ascii, string port)
    {
        using var console = new MachineConsole(machine, isTerminal: true, width: width, units: "/nonexistent");
        console.Run([.. ascii ? (string[])["--ascii"] : [], "--color", "never", "who", port]);
        return console.Output;
    }
}
