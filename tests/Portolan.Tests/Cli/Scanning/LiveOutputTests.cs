using System.Text;
using Portolan.Cli.Scanning.Live;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Scan.Formats;
using Portolan.Scan.Results;
using Portolan.Tests.Scan.Formats;

namespace Portolan.Tests.Cli.Scanning;

/// <summary>What people read on stdout.</summary>
public sealed class LiveOutputTests
{
    private static readonly ScanOutputOptions Plain = new() { Arguments = ["portolan", "scan"], Version = "1.2.3" };

    [Fact]
    public void A_host_has_a_heading_its_ports_and_what_is_not_shown()
    {
        var host = new HostStory("198.18.0.1", "www.example") { RoundTrip = ScanStories.RoundTrip, Reverse = "gate.example" }
            .Status(HostStatus.Up, ReplyReason.ArpResponse, hardware: new MacAddress(0x001b_21aa_bb02))
            .Open("22,80").Closed("1-21,23-79,81-299,65000").Silent("300-330");
        Assert.Equal(
            """
            www.example (198.18.0.1) is up, 0.035 ms, 00:1b:21:aa:bb:02, also named gate.example
            PORT    STATE  SERVICE  EVIDENCE
            22/tcp  open   ssh      syn-ack
            80/tcp  open   http     syn-ack
            Not shown: 298 closed tcp ports (reset), 31 filtered tcp ports (no-response)


            """,
            Write(Plain, host));
    }

    [Fact]
    public void Reasons_name_the_ttl_and_the_router()
    {
        var host = new HostStory("198.18.0.1").Status(HostStatus.Up, ReplyReason.EchoReply, 63).Open("443")
            .With(TransportProtocol.Tcp, "7", PortState.Filtered, ReplyReason.AdministrativelyProhibited, ttl: 62, by: "198.18.1.1");
        Assert.Equal(
            """
            198.18.0.1 is up (echo-reply ttl 63)
            PORT     STATE     SERVICE  REASON
            7/tcp    filtered  echo     admin-prohibited ttl 62 from 198.18.1.1
            443/tcp  open      https    syn-ack ttl 64


            """,
            Write(Plain with { ShowReasons = true }, host));
    }

    [Fact]
    public void Evidence_that_says_more_than_the_reasons_is_shown_beside_them()
    {
        var host = new HostStory("198.18.0.1").Open("80").Closed("81");
        Assert.Contains("EVIDENCE", Write(Plain, host), StringComparison.Ordinal);
        Assert.DoesNotContain("EVIDENCE", Write(Plain with { ShowReasons = true }, host), StringComparison.Ordinal);
        var heard = new HostStory("198.18.0.1").Open("22").Says(22, "", BannerState.Silent);
        Assert.Contains("EVIDENCE   REASON", Write(Plain with { ShowReasons = true }, heard), StringComparison.Ordinal);
    }

    [Fact]
    public void Banners_that_were_asked_for_have_their_column_also_where_none_came()
    {
        var host =
            new HostStory("198.18.0.1").Open("22,25,80,110").Says(22, "", BannerState.Silent).Says(25, "220 ma", BannerState.Interrupted)
            .Says(80, "", BannerState.Interrupted).Says(110, "", BannerState.Unheard);
        Assert.Equal(
            """
            198.18.0.1 is up
            PORT     STATE  SERVICE  EVIDENCE   BANNER
            22/tcp   open   ssh      handshake  -
            25/tcp   open   smtp     handshake  (cut off) 220 ma
            80/tcp   open   http     handshake  (cut off)
            110/tcp  open   pop3     handshake  (not heard)


            """,
            Write(Plain, host));
        var silent = new HostStory("198.18.0.1").Open("80").Says(80, "", BannerState.Silent);
        Assert.Contains(
            "BANNER\n80/tcp  open   http     handshake  -\n", Write(Plain with { Banners = true }, silent), StringComparison.Ordinal);
        Assert.DoesNotContain("BANNER", Write(Plain, silent), StringComparison.Ordinal);
    }

    [Fact]
    public void Ports_that_are_all_summed_up_leave_no_table() => Assert.Equal(
        """
        198.18.0.1 is up
        Not shown: 900 closed tcp ports (reset), 100 filtered tcp ports (no-response)


        """,
        Write(Plain, new HostStory("198.18.0.1").Closed("1-900").Silent("901-1000")));

    [Fact]
    public void All_states_show_every_port()
    {
        var text = Write(Plain with { AllStates = true }, new HostStory("198.18.0.1").Closed("1-900"));
        Assert.Equal(900, text.Split('\n').Count(l => l.Contains("/tcp", StringComparison.Ordinal)));
        Assert.DoesNotContain("Not shown", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_open_hides_hosts_without_an_open_port()
    {
        var options = Plain with { OpenOnly = true };
        Assert.Equal("", Write(options, new HostStory("198.18.0.1").Closed("1-3")));
        Assert.Contains("80/tcp", Write(options, new HostStory("198.18.0.1").Closed("1-3").Open("80")), StringComparison.Ordinal);
    }

    [Fact]
    public void Hosts_that_are_down_are_shown_with_v()
    {
        var host = new HostStory("198.18.0.3").Status(HostStatus.Down, ReplyReason.NoResponse);
        Assert.Equal("", Write(Plain, host));
        Assert.Equal("198.18.0.3 is down (no-response)\n", Write(Plain with { Verbosity = 1, ShowReasons = true }, host));
    }

    [Fact]
    public void Doubts_are_said_below_the_ports()
    {
        var host = new HostStory("198.18.0.5") { Everything = true, Partial = true }.Open("1-4")
            .With(TransportProtocol.Tcp, "5-104", PortState.Filtered, ReplyReason.SynProxy);
        Assert.Equal(
            """
            Not shown: 100 filtered tcp ports (syn-proxy)
            Note: 100 answers came from a SYN proxy on the path (no options, window 0): they say nothing about the host
            Note: it also answers on random ports, so its open ports prove little
            Note: not all of its ports were scanned; a missing port is not necessarily closed


            """,
            Write(Plain, host)[Write(Plain, host).IndexOf("Not shown", StringComparison.Ordinal)..]);
        Assert.Contains(
            "Note: given up after --host-timeout: its ports are not reported\n",
            Write(Plain, new HostStory("198.18.0.4") { TimedOut = true }.Open("80")), StringComparison.Ordinal);
        Assert.Contains("Note: no port was scanned\n", Write(Plain, new HostStory("198.18.0.4")), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_a_host_that_answers_on_everything_ports_are_only_counted()
    {
        var host = new HostStory("198.18.0.5") { Everything = true }.Open("1-1000");
        Assert.Equal(
            """
            198.18.0.5 is up
            Not shown: 1,000 open tcp ports (syn-ack)
            Note: it also answers on random ports, so its open ports prove little; --all-states shows them


            """,
            Write(Plain, host));
        Assert.Contains("1000/tcp  open", Write(Plain with { AllStates = true }, host), StringComparison.Ordinal);
    }

    [Fact]
    public void Names_from_outside_cannot_move_the_cursor()
    {
        var text = Write(Plain, new HostStory("198.18.0.1") { Reverse = "a\u001b[2Jb\u202ec" }.Open("22"));
        Assert.DoesNotContain('\u001b', text);
        Assert.DoesNotContain('\u202e', text);
    }

    [Fact]
    public void Host_discovery_shows_no_ports() => Assert.Equal(
        "198.18.0.1 is up\n198.18.0.2 is up\n", Write(Plain, hostsOnly: true, new HostStory("198.18.0.1"), new HostStory("198.18.0.2")));

    [Fact]
    public void The_balance_says_what_was_done_and_how_sure_it_is()
    {
        var output = new Utf8Writer();
        Live(output, Plain).Ended(ScanStories.End);
        Assert.Equal(
            """
            6 hosts up of 8, scanned in 2.34 s
            2,944 probes planned, 3,060 sent (100 of them again), 2,865 answered; 40 more to find hosts and as controls, 35 answered; 4 attempts could not leave this host at first
            Missed at most 0.04 % of ports that would answer (95 %); what was missed of hosts is unknown (too few answers)
            Path: about 1.3 % of probes or answers lost, at most 1.7 % (95 %)
            Host limits: 1 host held back answers
            This machine: full queues dropped 12 packets

            """,
            output.ToString());
    }

    [Fact]
    public void A_clean_scan_says_one_short_line_of_its_losses()
    {
        static string Line(MissFigure ports, MissFigure? hosts) => Assert.Single(
            LossWording.Of(
                ScanStories.End with
                {
                    Losses =
                    new ScanLosses(ports, hosts, new PathLoss(1000, 0, 0.0037), new HostLimits(0, 0), new LocalLoss(0, 0))
                }));
        var silent = new MissFigure(500, 500, 0, 0, 0.0000001, null);
        Assert.Equal("Missed at most 0.001 % of ports that would answer (95 %)", Line(silent, null));
        Assert.Equal(
            "Missed at most 0.001 % of ports and 0.12 % of hosts that would answer (95 %)",
            Line(silent, new MissFigure(200, 54, 0, 0, 0.0012, null)));
        Assert.Equal("Missed no ports: all answered", Line(new MissFigure(500, 0, 0, 0, 0, null), new MissFigure(1, 0, 0, 0, 0, null)));
    }

    [Theory]
    [InlineData(0, "0", "What was missed of ports is unknown (nothing answered)")]
    [InlineData(15, "15", "What was missed of ports is unknown (no silent one was probed again)")]
    public void A_balance_of_silence_and_interruption_claims_nothing(long replies, string answered, string loss)
    {
        var output = new Utf8Writer();
        Live(output, Plain).Ended(ScanStories.End with
        {
            Losses = new ScanLosses(
                new MissFigure(replies, 20, 0, null, null, replies == 0 ? "nothing answered" : "no silent one was probed again"), null,
                new PathLoss(0, null, null), new HostLimits(0, 0),
                new LocalLoss(0, 0)),
            ProbeLoss = null,
            EstimatedMissRate = null,
            IsComplete = false,
            Incomplete = "interrupted",
            HostsUp = 1,
            NotSent = 0,
            Retries = 0,
            Beside = default,
            Replies = replies,
        });
        Assert.Equal(
            $"""
            1 host up of 8, scanned in 2.34 s
            2,944 probes planned, 3,100 sent, {answered} answered
            {loss}
            Incomplete: interrupted. A missing port was not scanned; it is not necessarily closed

            """,
            output.ToString());
    }

    [Theory]
    [InlineData(0.0000001, "0.001 %")]
    [InlineData(0.00012, "0.012 %")]
    [InlineData(0.0512, "5.2 %")]
    [InlineData(0.05, "5 %")]
    [InlineData(0.121, "13 %")]
    [InlineData(1, "100 %")]
    public void Bounds_are_percents_that_are_rounded_up(double part, string text) => Assert.Equal(text, ScanWording.Percent(part));

    [Fact]
    public void Every_story_can_be_told_in_colour()
    {
        var output = new Utf8Writer();
        var live = new LiveOutput(output, Plain with { Verbosity = 1 }, new LiveStyle { Status = NoStatus(), Color = true, Width = 80 });
        live.Started(ScanStories.Run);
        foreach (var host in ScanStories.Hosts())
        {
            host.Tell(live);
        }

        live.Ended(ScanStories.End);
        Assert.Contains("\u001b[1mgate.example (198.18.0.1)\u001b[0m is up", output.ToString(), StringComparison.Ordinal);
    }

    private static StatusLine NoStatus() => new(terminal: null, static () => null);

    private static LiveOutput Live(Utf8Writer output, ScanOutputOptions options, bool hostsOnly = false) =>
        new(output, options, new LiveStyle { Status = NoStatus(), HostsOnly = hostsOnly });

    private static string Write(ScanOutputOptions options, params HostStory[] hosts) => Write(options, hostsOnly: false, hosts);

    private static string Write(ScanOutputOptions options, bool hostsOnly, params HostStory[] hosts)
    {
        var output = new Utf8Writer();
        var live = Live(output, options, hostsOnly);
        foreach (var host in hosts)
        {
            host.Tell(live);
        }

        return Encoding.UTF8.GetString(output.Written);
    }
}
