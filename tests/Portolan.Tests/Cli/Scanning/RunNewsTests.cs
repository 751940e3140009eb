using Portolan.Cli.Scanning.Live;
using Portolan.Linux.Terminals;
using Portolan.Model;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;
using Portolan.Tests.Scan.Formats;
using Portolan.Tests.Support;

namespace Portolan.Tests.Cli.Scanning;

/// <summary>What people read on stderr while a scan runs.</summary>
public sealed class RunNewsTests
{
    private static readonly ScanProgress Halfway = new("SYN scan", 0.425, TimeSpan.FromSeconds(75), 12_345, 678, 9_876.5, 3, 2);

    private readonly VirtualTime _time = new();
    private readonly StringWriter _error = new();

    [Fact]
    public void The_head_names_the_mode_and_why_and_what_limits_it()
    {
        News(new NewsStyle { WithHead = true }).Started(ScanStories.Run);
        Assert.Equal(
            """
            portolan: 8 targets, 2,944 probes, with raw packets: CAP_NET_RAW; seed 18446744073709551600
              198.18.0.0/29 over v0

            """,
            _error.ToString());
    }

    [Fact]
    public void How_it_is_done_is_told_to_who_asks_for_more()
    {
        var run = ScanStories.Run with { Details = ["probes come from port 61440"] };
        News(new NewsStyle { WithHead = true }).Started(run);
        Assert.DoesNotContain("61440", _error.ToString(), StringComparison.Ordinal);
        News(new NewsStyle { WithHead = true, Verbosity = 1 }).Started(run);
        Assert.Contains("\n  198.18.0.0/29 over v0\n  probes come from port 61440\n", _error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "portolan: incomplete: interrupted\n")]
    [InlineData(true, "")]
    public void A_failed_output_is_told_once_by_its_own_error(bool outputFailed, string expected)
    {
        News(new NewsStyle { SaysIncomplete = true }).Ended(ScanStories.End with
        {
            IsComplete = false,
            Incomplete = "interrupted",
            OutputFailed = outputFailed,
        });
        Assert.Equal(expected, _error.ToString());
    }

    [Fact]
    public void Progress_is_one_line_on_a_terminal_that_other_lines_push_away()
    {
        var news = News(new NewsStyle(), isTerminal: true, width: 30);
        news.Progress(Halfway);
        news.Warning("the link is full");
        Assert.Equal("\r\u001b[KSYN scan 42% done, pass 2, 9,\r\u001b[Kportolan: warning: the link is full\n", _error.ToString());
    }

    [Fact]
    public void Statistics_come_as_often_as_asked_for_without_a_terminal_too()
    {
        var news = News(new NewsStyle { StatsEvery = TimeSpan.FromSeconds(2) });
        for (var i = 0; i < 9; i++)
        {
            _time.AdvanceTo(_time.Now + VirtualTime.Milliseconds(500));
            news.Progress(Halfway);
        }

        Assert.Equal(
            """
            2.00 s: SYN scan 42% done, pass 2, 9,876 probes/s, 3 open, about 1m15s left; 12,345 sent, 678 answered
            4.00 s: SYN scan 42% done, pass 2, 9,876 probes/s, 3 open, about 1m15s left; 12,345 sent, 678 answered

            """,
            _error.ToString());
    }

    [Fact]
    public void A_key_asks_where_the_scan_stands_once()
    {
        var keys = new Keys { IsPressed = true };
        var news = News(new NewsStyle(), keys: keys);
        news.Progress(Halfway);
        news.Progress(Halfway with { Remaining = null });
        Assert.Single(_error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Theory]
    [InlineData(0, "")]
    [InlineData(1, "found: 443/tcp is open on evil\\u{1b} (198.18.0.1)\n")]
    public void Open_ports_are_told_at_once_with_v(int verbosity, string expected)
    {
        var target = new Target(InternetAddress.FromIPv4(0xc612_0001), 0, "evil\u001b");
        News(new NewsStyle { Verbosity = verbosity }).PortFound(
            target,
            new PortResult(
                new ProbePort(TransportProtocol.Tcp, new PortNumber(443)), PortState.Open, ReplyReason.SynAck, 64, Evidence.SynAck, null));
        Assert.DoesNotContain('\u001b', _error.ToString());
        Assert.Equal(expected.Length == 0, _error.ToString().Length == 0);
    }

    [Fact]
    public void Where_stdout_is_for_programs_people_hear_that_a_run_is_not_complete()
    {
        News(new NewsStyle { SaysIncomplete = true }).Ended(ScanStories.End with { IsComplete = false, Incomplete = "interrupted" });
        Assert.Equal("portolan: incomplete: interrupted\n", _error.ToString());
    }

    private RunNews News(NewsStyle style, bool isTerminal = false, int width = 80, ITerminalKeys? keys = null)
    {
        _error.NewLine = "\n";
        return new RunNews(_error, new StatusLine(isTerminal ? _error : null, () => width), style, _time, keys);
    }

    private sealed class Keys : ITerminalKeys
    {
        public bool IsPressed { get; set; }

        public int Take(Span<byte> bytes)
        {
            var was = IsPressed;
            IsPressed = false;
            return was ? 1 : 0;
        }

        public bool Wait(TimeSpan longest) => IsPressed;

        public void Dispose()
        {
        }
    }
}
