using System.Text;
using System.Text.Json;
using Portolan.Cli.Output;
using Portolan.Model;
using Portolan.Model.Documents;
using Portolan.Tests.Support;

namespace Portolan.Tests.Cli;

public sealed class OutputTests
{
    [Theory]
    [InlineData(0, "0")]
    [InlineData(999, "999")]
    [InlineData(1000, "1.0Ki")]
    [InlineData(1024, "1.0Ki")]
    [InlineData(1258291, "1.2Mi")]
    [InlineData(10239, "10Ki")]
    [InlineData(10485760, "10Mi")]
    [InlineData(1023 * 1024, "1.0Mi")]
    [InlineData(40L * 1024 * 1024 * 1024, "40Gi")]
    [InlineData(long.MaxValue, "8.0Ei")]
    public void Byte_counts_take_at_most_five_characters_and_name_their_prefix(long bytes, string text) =>
        Assert.Equal(text, new ByteSize((ulong)bytes).ToString());

    [Theory]
    [InlineData(-5, "0s")]
    [InlineData(0, "0s")]
    [InlineData(0.85, "850ms")]
    [InlineData(12, "12s")]
    [InlineData(250, "4m10s")]
    [InlineData(3 * 3600, "3h0m")]
    [InlineData((3 * 86400) + (4 * 3600), "3d4h")]
    [InlineData(400.0 * 86400, "1y35d")]
    public void Durations_show_their_two_largest_units(double seconds, string text) =>
        Assert.Equal(text, new ShortDuration(TimeSpan.FromSeconds(seconds)).ToString());

    [Theory]
    [InlineData(ColorMode.Auto, true, "xterm", null, true)]
    [InlineData(ColorMode.Auto, true, "xterm", "", true)]
    [InlineData(ColorMode.Auto, true, "xterm", "1", false)]
    [InlineData(ColorMode.Auto, true, "dumb", null, false)]
    [InlineData(ColorMode.Auto, true, null, null, false)]
    [InlineData(ColorMode.Auto, false, "xterm", null, false)]
    [InlineData(ColorMode.Always, false, "dumb", "1", true)]
    [InlineData(ColorMode.Never, true, "xterm", null, false)]
    public void Colour_is_decided_by_the_flag_then_the_environment_then_the_terminal(
        ColorMode mode, bool terminal, string? term, string? noColor, bool expected) =>
        Assert.Equal(expected, AnsiStyles.Enabled(mode, terminal, name => name == "TERM" ? term : noColor));

    [Fact]
    public void Csv_quotes_what_rfc_4180_says_and_disarms_formulas()
    {
        var output = new Utf8Writer();
        var csv = new CsvWriter(output);
        csv.WriteHeading("port", "owner", "command");
        csv.Write(443);
        csv.WriteEscaped("a,\"b\"");
        csv.WriteEscaped("=cmd|' /C calc'!A0");
        csv.EndRecord();
        csv.WriteEmpty();
        csv.WriteEscaped(null);
        csv.WriteEscaped("line\nend");
        csv.EndRecord();

        Assert.Equal("port,owner,command\r\n443,\"a,\"\"b\"\"\",'=cmd|' /C calc'!A0\r\n,,line\\x0aend\r\n", output.ToString());
    }

    [Fact]
    public void Json_escapes_what_could_reorder_a_terminal_and_stays_exact()
    {
        using var stream = new MemoryStream();
        const string name = "a\u001b[2J\u202e\u2066\u0085\"<é";
        JsonOutput.WriteDocument(stream, json => json.WriteString("name", name));

        var text = Encoding.UTF8.GetString(stream.ToArray());
        Assert.EndsWith("}\n", text, StringComparison.Ordinal);
        Assert.All(
            text.Replace("\n", "", StringComparison.Ordinal).EnumerateRunes(),
            rune => Assert.False(TerminalText.IsHostile(rune), $"U+{rune.Value:x4}"));
        Assert.Equal(name, JsonDocument.Parse(text).RootElement.GetProperty("name").GetString());
    }

    [Fact]
    public void Json_escapes_every_hostile_character()
    {
        for (var value = 0; value < 0x110000; value++)
        {
            if (Rune.IsValid(value) && TerminalText.IsHostile(new Rune(value)))
            {
                Assert.StartsWith("\\", JsonOutput.Encoder.Encode(new Rune(value).ToString()), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Writing_values_allocates_nothing()
    {
        var writer = new Utf8Writer(Stream.Null, 4096);
        var address = Portolan.Model.InternetAddress.FromIPv4(0xc6336407);
        Assert.Equal(0, Allocations.Fewest(() => Write(10_000)));

        void Write(int count)
        {
            for (var i = 0; i < count; i++)
            {
                writer.Write(address);
                writer.Write(':');
                writer.Write(i);
                writer.WriteEscaped("nginx"u8);
                writer.Write(new ByteSize((ulong)i));
                writer.Pad(3);
                writer.WriteLine();
            }
        }
    }
}
