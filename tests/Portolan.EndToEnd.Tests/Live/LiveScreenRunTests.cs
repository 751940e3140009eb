using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Portolan.EndToEnd.Tests.Support;

namespace Portolan.EndToEnd.Tests.Live;

/// <summary><c>portolan --watch</c> on a pseudo terminal, with a listener that comes and goes.</summary>
public sealed class LiveScreenRunTests : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public LiveScreenRunTests()
    {
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
    }

    private int Port { get; }

    private string Row => string.Create(CultureInfo.InvariantCulture, $"{Port}/tcp");

    public void Dispose() => _listener.Dispose();

    private ScreenSession Start(int columns, int rows, string options = "", IReadOnlyDictionary<string, string?>? environment = null) =>
        ScreenSession.Start(columns, rows, $"echo before; exec {PortolanProgram.Path} --watch=0.2 {options}", environment);

    [Fact]
    public void The_screen_lives_and_leaves_the_terminal_as_it_was()
    {
        using var session = Start(100, 24, string.Create(CultureInfo.InvariantCulture, $"{Port}"));
        var lines = session.UntilShown($">  {Row}");
        Assert.Contains(lines, static line => line.Contains("every ", StringComparison.Ordinal));
        Assert.Contains(lines, static line => line.EndsWith("q quit", StringComparison.Ordinal));

        _listener.Stop();
        session.UntilShown($">- {Row}");
        session.Type("q");

        var (screen, exitCode) = session.Finish();
        Assert.Equal((0, false, true), (exitCode, screen.IsAlternate, screen.HasCursor));
        Assert.Equal("before", screen.Lines[1]);
        Assert.DoesNotContain(screen.Lines, line => line.Contains(Row, StringComparison.Ordinal));
    }

    [Fact]
    public void A_filter_is_typed_and_taken_back()
    {
        using var session = Start(80, 24);
        session.UntilShown("by reach");
        session.Type(string.Create(CultureInfo.InvariantCulture, $"/{Port}"));
        session.Until("one row is shown", screen => screen.Lines.Count(static l => l.Contains("/tcp", StringComparison.Ordinal)) == 1
            && screen.Lines.Any(l => l.Contains($">  {Row}", StringComparison.Ordinal)));
        session.Type("\u001b");
        session.Until("no filter is shown", static screen => !screen.Lines.Any(static l => l.StartsWith('/') && l.EndsWith('_')));
        session.Type("?");
        session.UntilShown("Any key goes back");
        session.Type("xq");
        Assert.Equal(0, session.Finish().ExitCode);
    }

    [Fact]
    public void The_screen_follows_the_size_of_the_terminal()
    {
        using var session = Start(120, 30, string.Create(CultureInfo.InvariantCulture, $"{Port}"));
        session.UntilShown("OUT/S");
        session.Resize(40, 12);
        var lines = session.Until("the screen is narrow", static screen =>
            screen.Lines.Count <= 12 && screen.Lines.Any(static l => l.EndsWith("REACH", StringComparison.Ordinal)));
        Assert.All(lines, static line => Assert.True(line.Length <= 40, line));
        session.Resize(200, 50);
        session.UntilShown("FIREWALL");
        session.Type("q");
        Assert.Equal(0, session.Finish().ExitCode);
    }

    [Fact]
    public void Ctrl_Z_gives_the_terminal_back_until_it_goes_on()
    {
        var shell = Programs.Find("bash", "/usr/bin/bash", "/bin/bash");
        using var session = ScreenSession.Start(80, 24, $"exec {shell} --norc --noprofile -i");
        session.Type(string.Create(CultureInfo.InvariantCulture, $"{PortolanProgram.Path} --watch {Port}\n"));
        session.UntilShown($">  {Row}");
        session.Type("\u001a");
        session.Until("it is stopped", static screen =>
            screen is { IsAlternate: false, HasCursor: true }
            && screen.Lines.Any(static l => l.Contains("Stopped", StringComparison.Ordinal)));
        session.Type("stty -a | grep -o -- '-*icanon'\n");
        session.Until("the shell has its terminal", static screen => screen.Lines.Contains("icanon"));
        session.Type("fg\n");
        session.Until("it goes on", screen => screen.IsAlternate
            && screen.Lines.Any(l => l.Contains($">  {Row}", StringComparison.Ordinal)));
        session.Type("q");
        session.Until("it ended", static screen => !screen.IsAlternate);
        session.Type("exit\n");
        session.Finish();
    }

    [Theory]
    [InlineData("\u0003", 130)]
    [InlineData("TERM", 143)]
    [InlineData("HUP", 129)]
    [InlineData("QUIT", 131)]
    public void However_it_is_ended_the_terminal_is_as_it_was(string how, int exitCode)
    {
        using var session = ScreenSession.Start(
            80, 24, $"trap : INT QUIT; {PortolanProgram.Path} --watch; echo after $?; stty -a | grep -o -- '-*icanon'");
        session.UntilShown("by reach");
        if (how.Length == 1)
        {
            session.Type(how);
        }
        else
        {
            session.Signal(how);
        }

        var (screen, _) = session.Finish();
        Assert.Equal((false, true), (screen.IsAlternate, screen.HasCursor));
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"after {exitCode}"), screen.Lines);
        Assert.Contains("icanon", screen.Lines);
    }
}
