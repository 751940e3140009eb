using Portolan.Sockets.Owners;
using Portolan.Tests.Support;

namespace Portolan.Tests.Cli.Charting;

public sealed class StopCommandTests
{
    private static MachineBuilder Server => new MachineBuilder().Process(10, "node").Listen("0.0.0.0:8080", 10);

    [Fact]
    public void A_dry_run_says_what_would_be_done_and_does_nothing()
    {
        using var machine = new MachineConsole(Server);

        Assert.Equal(0, machine.Run("stop", "8080", "--dry-run", "--timeout", "2.5"));

        Assert.Equal("8080/tcp is held by node 10 1000 /srv/app\n  would send TERM to node (10), KILL after 2.5 s\n", machine.Output);
        Assert.Equal("", machine.Error);
    }

    [Fact]
    public void A_unit_whose_name_hides_a_semicolon_is_one_word_of_every_command()
    {
        const string Unit = "web\\x3breboot.service";
        Assert.Equal("web;reboot.service", UnitName.Display(Unit));
        using var machine = new MachineConsole(new MachineBuilder().Process(10, "node", unit: Unit)
            .With(10, static p => p with { UnitGrade = NameGrade.Claimed }).Listen("0.0.0.0:8080", 10));

        machine.Run("stop", "8080", "--dry-run");
        machine.Run("who", "8080");
        machine.Run("explain", "8080");

        Assert.DoesNotContain(
            machine.Output.Split('\n'),
            static l => Hints.Any(h => l.Contains(h, StringComparison.Ordinal)) && l.Contains("web;reboot", StringComparison.Ordinal));
        Assert.DoesNotContain(
            machine.Error.Split('\n'),
            static l => l.StartsWith("hint:", StringComparison.Ordinal) && l.Contains(" web;reboot", StringComparison.Ordinal));
    }

    private static readonly string[] Hints = ["systemctl", "Fix:", "run ", "sudo "];

    [Fact]
    public void Where_nobody_can_be_asked_yes_is_needed()
    {
        using var machine = new MachineConsole(Server);

        Assert.Equal(2, machine.Run("stop", "8080"));

        Assert.Equal("", machine.Output);
        Assert.Equal(
            "portolan: stop asks for confirmation, and stdin or stderr is not a terminal\nhint: add --yes, or look " +
            "first with portolan stop 8080 --dry-run\n",
            machine.Error);
    }

    [Theory]
    [InlineData("n\n")]
    [InlineData("\n")]
    [InlineData("")]
    [InlineData("yes please\n")]
    public void Anything_but_yes_is_no(string answer)
    {
        using var machine = new MachineConsole(Server, isTerminal: true, input: answer);

        Assert.Equal(1, machine.Run("stop", "8080"));

        Assert.Equal("", machine.Output);
        Assert.StartsWith(
            "8080/tcp is held by node 10 1000 /srv/app\n  will send TERM to node (10), KILL after 5 s\nGo on? [y/N] portolan: ",
            machine.Error,
            StringComparison.Ordinal);
        Assert.EndsWith("nothing was done\n", machine.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void One_question_lists_all_that_several_ports_would_end()
    {
        using var machine = new MachineConsole(
            new MachineBuilder().Process(10, "node").Process(11, "web").Listen("0.0.0.0:8080", 10).Listen("0.0.0.0:8443", 10)
                .Listen("0.0.0.0:9000", 11), isTerminal: true, input: "n\n");

        Assert.Equal(1, machine.Run("stop", "8080", "8443", "9000"));

        Assert.Equal(
            "8080/tcp is held by node 10 1000 /srv/app\n8443/tcp is held by node 10 1000 /srv/app\n"
            + "  will send TERM to node (10), KILL after 5 s\n9000/tcp is held by web 11 1000 /srv/app\n"
            + "  will send TERM to web (11), KILL after 5 s\nGo on? [y/N] portolan: nothing was done\n", machine.Error);
    }

    [Theory]
    [InlineData("node", "8080 8443")]
    [InlineData("8000-8500", "8080 8443")]
    [InlineData("8443 8080", "8443 8080")]
    [InlineData("127.0.0.1:8443", "8443")]
    [InlineData("127.0.0.2:8443", "")]
    [InlineData("9000-9100", "")]
    public void It_takes_the_words_of_who(string words, string ports)
    {
        using var machine = new MachineConsole(
            new MachineBuilder().Process(10, "node").Process(11, "node").Listen("0.0.0.0:8080", 10).Listen("127.0.0.1:8443", 11));

        Assert.Equal(ports.Length == 0 ? 1 : 0, machine.Run(["kill", .. words.Split(' '), "--dry-run"]));

        Assert.Equal(
            ports,
            string.Join(
                ' ', machine.Output.Split('\n').Where(static l => l.Contains(" is held by ", StringComparison.Ordinal))
                    .Select(static l => l[..l.IndexOf('/', StringComparison.Ordinal)])));
    }

    [Fact]
    public void Nobody_to_stop_exits_1()
    {
        using var machine = new MachineConsole(new MachineBuilder());

        Assert.Equal(1, machine.Run("stop", "8080", "--yes"));

        Assert.Equal("portolan: port 8080 is not in use\nhint: portolan who 8080 shows whether a bind works\n", machine.Error);
    }

    [Theory]
    [InlineData("--yes")]
    [InlineData("--dry-run")]
    public void A_document_is_written_about_nobody_too(string option)
    {
        using var machine = new MachineConsole(new MachineBuilder());

        Assert.Equal(1, machine.Run("stop", "8080", option, "--json"));

        var document = JsonSchema.AssertValid(machine.Console.Output);
        Assert.Equal((8080, 0), (document.GetProperty("port").GetInt32(), document.GetProperty("holders").GetArrayLength()));
        Assert.True(document.GetProperty("complete").GetBoolean());
        Assert.Equal(option == "--dry-run", document.GetProperty("dryRun").GetBoolean());
    }

    [Fact]
    public void A_hidden_holder_is_for_want_of_privilege()
    {
        using var machine = new MachineConsole(new MachineBuilder { HiddenProcesses = 1 }.Listen("0.0.0.0:80"));

        Assert.Equal(4, machine.Run("stop", "80", "--yes"));

        Assert.StartsWith(
            "portolan: 80/tcp is held by (hidden) 1000: its process is not visible here\nhint: ", machine.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_document_about_a_hidden_holder_is_not_complete()
    {
        using var machine = new MachineConsole(new MachineBuilder { HiddenProcesses = 1 }.Listen("0.0.0.0:80"));

        Assert.Equal(4, machine.Run("stop", "80", "--dry-run", "--json"));

        Assert.False(JsonSchema.AssertValid(machine.Console.Output).GetProperty("complete").GetBoolean());
    }

    [Fact]
    public void This_very_process_is_refused()
    {
        using var machine = new MachineConsole(new MachineBuilder().Process(Environment.ProcessId, "testhost").Listen(
            "0.0.0.0:8080", Environment.ProcessId));

        Assert.Equal(3, machine.Run("stop", "8080", "--yes"));

        Assert.Contains(
            $"testhost ({Environment.ProcessId}) is this command or one of its ancestors", machine.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--signal does not know 'FOO'", "--signal", "FOO")]
    [InlineData("--timeout takes a time up to 1h, e.g. 500ms, 30s or 10m, not '-1'", "--timeout=-1")]
    [InlineData("--timeout takes a time up to 1h, e.g. 500ms, 30s or 10m, not 'soon'", "--timeout", "soon")]
    public void A_wrong_value_is_a_usage_error(string message, params string[] args)
    {
        using var machine = new MachineConsole(Server);

        Assert.Equal(2, machine.Run(["stop", "8080", "--dry-run", .. args]));

        Assert.StartsWith($"portolan: {message}\nhint: ", machine.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_document_follows_its_schema()
    {
        using var machine = new MachineConsole(new MachineBuilder()
            .Process(1, "init-like", parent: 0).Process(10, "node").Listen("127.0.0.2:8080", 10).Listen("127.0.0.3:8080", 1));

        Assert.Equal(0, machine.Run("stop", "8080", "--dry-run", "--json", "--signal", "INT"));

        var document = JsonSchema.AssertValid(machine.Console.Output);
        Assert.True(document.GetProperty("dryRun").GetBoolean());
        var step = Assert.Single(document.GetProperty("steps").EnumerateArray());
        Assert.Equal(
            ("signal", "INT", 10),
            (step.GetProperty("action").GetString(), step.GetProperty("signal").GetString(), step.GetProperty("pids")[0].GetInt32()));
        Assert.Equal("init", Assert.Single(document.GetProperty("refused").EnumerateArray()).GetProperty("code").GetString());
    }
}
