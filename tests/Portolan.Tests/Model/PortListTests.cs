using FsCheck;
using FsCheck.Fluent;
using Portolan.Model;

namespace Portolan.Tests.Model;

public sealed class PortListTests
{
    [Theory]
    [InlineData("22", "22")]
    [InlineData("22,80-90", "22,80-90")]
    [InlineData("80-90,22", "22,80-90")]
    [InlineData("22,80-90,-100,60000-", "1-100,60000-65535")]
    [InlineData("-", "1-65535")]
    [InlineData("-100", "1-100")]
    [InlineData("60000-", "60000-65535")]
    [InlineData("0", "0")]
    [InlineData("0-", "0-65535")]
    [InlineData("0,-", "0-65535")]
    [InlineData("0-0", "0")]
    [InlineData("1,2,3", "1-3")]
    [InlineData("1-10,5-20", "1-20")]
    [InlineData("65535", "65535")]
    [InlineData("00022", "22")]
    [InlineData(" 22 , 80 - 90 ", "22,80-90")]
    [InlineData("22,", "22")]
    [InlineData("22, ", "22")]
    public void A_list_is_read_as_nmap_reads_it_and_printed_in_its_shortest_form(string text, string printed)
        => Assert.Equal(printed, PortSet.Parse(text).ToString());

    [Theory]
    [InlineData("", 0, 1, "the port list is empty")]
    [InlineData("  ", 0, 2, "the port list is empty")]
    [InlineData(",", 0, 1, "a port is missing here")]
    [InlineData(",22", 0, 1, "a port is missing here")]
    [InlineData("22,,23", 3, 1, "a port is missing here")]
    [InlineData("22,,", 3, 1, "a port is missing here")]
    [InlineData("22,65536", 3, 5, "ports end at 65535")]
    [InlineData("99999999999999999999", 0, 20, "ports end at 65535")]
    [InlineData("1-70000", 2, 5, "ports end at 65535")]
    [InlineData("22,90-80", 3, 5, "the range runs backwards: did you mean 80-90?")]
    [InlineData("-0", 0, 2, "an open range starts at 1, so it cannot end at 0")]
    [InlineData("1-2-3", 3, 1, "a range has one '-'")]
    [InlineData("--", 1, 1, "a range has one '-'")]
    [InlineData("80x", 2, 1, "not a digit, ',' or '-'")]
    [InlineData("8 0", 1, 1, "not a digit, ',' or '-'")]
    [InlineData("22;23", 2, 1, "not a digit, ',' or '-'")]
    [InlineData("+22", 0, 1, "not a digit, ',' or '-'")]
    [InlineData("22,ssh", 3, 3, "'ssh' is not a port number")]
    [InlineData("٢٢", 0, 1, "not a digit, ',' or '-'")]
    public void A_fault_is_reported_where_it_is(string text, int position, int length, string reason)
    {
        Assert.False(PortSet.TryParse(text, out var ports, out var error));
        Assert.Null(ports);
        Assert.Equal(new PortListError(position, length, reason), error);
        Assert.Equal(error, Assert.Throws<PortListFormatException>(() => PortSet.Parse(text)).Error);
    }

    [Fact]
    public void Names_of_services_are_looked_up_when_the_caller_knows_some()
    {
        static bool Lookup(ReadOnlySpan<char> name, PortSet ports)
        {
            ports.Add(new PortNumber(20));
            return name is "ftp-data";
        }

        Assert.True(PortSet.TryParse("80,ftp-data", out var ports, out _, Lookup));
        Assert.Equal("20,80", ports.ToString());
        Assert.False(PortSet.TryParse("80, gopherus", out _, out var error, Lookup));
        Assert.Equal(new PortListError(4, 8, "no service is named 'gopherus'"), error);
    }

    [Fact]
    public void What_is_printed_reads_back_as_the_same_set()
        => Prop.ForAll(PortSets.Sets, set => set.IsEmpty ? set.ToString().Length == 0 : PortSet.Parse(set.ToString()) == set)
            .QuickCheckThrowOnFailure();

    [Fact]
    public void No_text_makes_the_parser_throw_and_every_error_points_into_the_text()
    {
        const int Seed = 20260917;
        var random = new Random(Seed);
        const string Alphabet = "0123456789-,  aT:\t*?[]\0é٣\ud800";
        for (var round = 0; round < 20_000; round++)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(12)).Select(_ => Alphabet[random.Next(Alphabet.Length)])]);
            if (!PortSet.TryParse(text, out var ports, out var error))
            {
                Assert.True(
                    error.Position >= 0 && error.Length >= 1 && error.Position + error.Length <= Math.Max(text.Length, 1) + 1
                        && error.Reason.Length > 0,
                    $"seed {Seed}, round {round}: '{text}' gave {error}");
            }
            else
            {
                Assert.False(ports.IsEmpty, $"seed {Seed}, round {round}: '{text}' gave an empty set");
            }
        }
    }
}
