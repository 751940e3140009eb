using System.Text;
using Portolan.Cli.Forwarding;
using Portolan.Forwarding.Engine;
using Portolan.Forwarding.Grammar;
using Portolan.Forwarding.Model;
using Portolan.Forwarding.Statistics;
using Portolan.Model;

namespace Portolan.Tests.Forwarding;

/// <summary>
/// The table of a forward on terminals that are too narrow or too low for it: nothing of a forward that is shown is left out.
/// </summary>
public sealed class ForwardStatusTests
{
    private const string Narrow =
        """
        *:8000/tcp to web1.example.com:80, web2.example.com:80
          2 open of 41, in 1.0KiB (1.0KiB/s), out 2.0MiB (2.0MiB/s)
          1 target-refused, 941 receive-buffer
        [2001:db8:aaaa:bbbb:cccc:dddd:eeee:1]:8001/tcp to
            [2001:db8:aaaa:bbbb:cccc:dddd:eeee:1]:9
          0 open of 0, in 0B (0B/s), out 0B (0B/s)

        """;

    private static readonly string[] Few = [
        "8000 web1.example.com:80,web2.example.com:80",
        "[2001:db8:aaaa:bbbb:cccc:dddd:eeee:1]:8001 [2001:db8:aaaa:bbbb:cccc:dddd:eeee:1]:9"];

    [Fact]
    public void Where_the_table_has_no_room_each_forward_has_lines_of_its_own() => Assert.Equal((Narrow, 6), Draw(Few, 61));

    [Fact]
    public void Where_it_has_room_it_is_a_table_and_errors_are_whole()
    {
        var (text, lines) = Draw(Few, 200);

        Assert.Equal(3, lines);
        Assert.StartsWith("LISTEN ", text, StringComparison.Ordinal);
        Assert.Contains("  1 target-refused, 941 receive-buffer\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(40)]
    [InlineData(79)]
    public void No_line_is_wider_than_the_terminal(int width)
    {
        var (text, lines) = Draw([.. Few, "unix:/run/a-directory-with-a-long-name/another-directory/and-a-socket-in-it.sock 80"], width);

        Assert.Equal(lines, text.Count(static c => c == '\n'));
        Assert.All(text.Split('\n'), line => Assert.True(line.Length <= width, line));
        Assert.Contains("receive-buffer", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(60)]
    public void What_a_low_terminal_has_no_room_for_is_counted(int width)
    {
        string[] many = [.. Enumerable.Range(0, 30).Select(static i => $"{8000 + (2 * i)} [2001:db8:aaaa:bbbb:cccc:dddd:eeee:1]:9")];

        var (text, lines) = Draw(many, width, mostLines: 12);

        Assert.InRange(lines, 10, 12);
        Assert.Equal(lines, text.Count(static c => c == '\n'));
        var shown = text.Split('\n').Count(static line => line.StartsWith("*:", StringComparison.Ordinal));
        Assert.EndsWith($"and {30 - shown} more: the final table has all\n", text, StringComparison.Ordinal);
    }

    private static (string Text, int Lines) Draw(string[] forwards, int width, int mostLines = int.MaxValue)
    {
        var table = new ForwardStatus();
        table.Update(
            new Engine(
                [.. forwards.SelectMany(
                    static words =>
                        words.Split(' ') is [var listen, var target] ? ForwardWords.ReadPair(listen, target, new ForwardOptions()) : [])]),
                        seconds: 1);
        var writer = new Utf8Writer();
        var lines = table.Write(writer, color: false, width, mostLines);
        return (Encoding.UTF8.GetString(writer.Written), lines);
    }

    /// <summary>Forwards that do nothing; the first has counters.</summary>
    private sealed class Engine(IReadOnlyList<ForwardSpec> forwards) : IForwardEngine
    {
        public IReadOnlyList<ForwardSpec> Forwards => forwards;

        public int ActiveConnections => 0;

        public (long Used, long Limit)? Descriptors => null;

        public void Open()
        {
            // Nothing listens.
        }

        public ListenPoint BoundTo(int forward) => forwards[forward].Listen;

        public void SetAddresses(int forward, int target, IReadOnlyList<InternetAddress> addresses)
        {
            // Nothing is looked up.
        }

        public void SetCheck(int forward, int target, bool passed, string why)
        {
            // Nothing is checked.
        }

        public void Start()
        {
            // Nothing begins.
        }

        public void Tend()
        {
            // Nothing is due.
        }

        public ForwardTotals Totals(int forward)
        {
            var totals = new ForwardTotals();
            if (forward == 0 && forwards.Count < 10)
            {
                (totals.Active, totals.Connections, totals.BytesUp, totals.BytesDown) = (2, 41, 1024, 2 << 20);
                totals.Add(EndCause.TargetRefused, ended: 1);
                totals.Add(EndCause.ReceiveBuffer, ended: 0, lost: 941);
            }

            return totals;
        }

        public IReadOnlyList<TargetTotals> TargetTotals(int forward) => [];

        public void Hurry()
        {
            // Nothing ends.
        }

        public int Stop(TimeSpan drain, Action<int>? progress = null) => 0;
    }
}
