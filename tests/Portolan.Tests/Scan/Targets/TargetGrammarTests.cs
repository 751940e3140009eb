using Portolan.Model;
using Portolan.Scan.Targets;
using Portolan.Tests.Support;

namespace Portolan.Tests.Scan.Targets;

public sealed class TargetGrammarTests
{
    [Theory]
    [InlineData("10.0.0.7", "10.0.0.7")]
    [InlineData("10.0.0.7/31", "10.0.0.6 10.0.0.7")]
    [InlineData("10.0.0,1,3-4.9", "10.0.0.9 10.0.1.9 10.0.3.9 10.0.4.9")]
    [InlineData("10.0.0.254-", "10.0.0.254 10.0.0.255")]
    [InlineData("10.0.0.-1", "10.0.0.0 10.0.0.1")]
    [InlineData("0-1.0.0.0", "0.0.0.0 1.0.0.0")]
    [InlineData("10.0.0.254-10.0.1.1", "10.0.0.254 10.0.0.255 10.0.1.0 10.0.1.1")]
    [InlineData("10.0.0,4.1/31", "10.0.0.0 10.0.0.1 10.0.4.0 10.0.4.1")]
    [InlineData("2001:db8::7", "2001:db8::7")]
    [InlineData("[2001:db8::7]", "2001:db8::7")]
    [InlineData("2001:db8::7/127", "2001:db8::6 2001:db8::7")]
    [InlineData("[2001:db8::7/127]:80", "2001:db8::6 2001:db8::7")]
    [InlineData("[2001:db8::7]/127:80", "2001:db8::6 2001:db8::7")]
    [InlineData("2001:db8::ffff-2001:db8::1:0", "2001:db8::ffff 2001:db8::1:0")]
    [InlineData("::ffff:10.0.0.7", "10.0.0.7")]
    [InlineData("::ffff:10.0.0.7/127", "10.0.0.6 10.0.0.7")]
    public void A_word_stands_for_its_addresses(string word, string addresses) =>
        Assert.Equal(addresses.Split(' '), Plans.Of(word).Addresses());

    [Fact]
    public void A_dash_or_star_is_every_octet()
    {
        Assert.Equal(65536UL, Plans.Of("10.0.-.*").HostCount);
        Assert.Equal(1UL << 32, Plans.Of("-.-.-.-").HostCount);
        Assert.Equal(1UL << 32, Plans.Of("0-.*.-.0-255").HostCount);
    }

    // Each shows the fault's place, and says what to write.
    [Theory]
    [InlineData("10.0.0.256", 7, "octets end at 255")]
    [InlineData("10.0.0.9-3", 7, "runs backwards")]
    [InlineData("10.0.0", 0, "four octets, not 3")]
    [InlineData("10.0.0.0.0", 0, "four octets, not 5")]
    [InlineData("167772161", 0, "this is one number")]
    [InlineData("10..0.1", 3, "an octet is missing")]
    [InlineData("10.0.0.1,", 9, "an octet is missing")]
    [InlineData("10.0.0.1--3", 9, "not an octet")]
    [InlineData("10.0.0.0/33", 9, "prefix lengths end at 32")]
    [InlineData("10.0.0.0/", 8, "no prefix length")]
    [InlineData("10.0.0.0/255.255.255.0", 9, "not a prefix length")]
    [InlineData("2001:db8::/129", 11, "prefix lengths end at 128")]
    [InlineData("10.0.0.9-10.0.0.3", 0, "runs backwards")]
    [InlineData("10.0.0.9-10.0.0.300", 9, "not an IPv4 address")]
    [InlineData("10.0.0.1-10.0.0.2/24", 8, "takes no prefix length")]
    [InlineData("10.0.0.1:", 8, "no port follows")]
    [InlineData("10.0.0.1:70000", 9, "ports end at 65535")]
    [InlineData("10.0.0.1:80,90-85", 12, "runs backwards")]
    [InlineData("host.example:htps", 13, "did you mean https?")]
    [InlineData("[2001:db8::7", 0, "not closed")]
    [InlineData("[10.0.0.7]:80", 1, "brackets are for IPv6")]
    [InlineData("[2001:db8::7]80", 13, "may follow the bracket")]
    [InlineData("2001:db8:::7", 0, "not an IPv6 address")]
    [InlineData("2001:db8::7%", 11, "no interface follows")]
    [InlineData("fe80::1%eth7", 8, "no interface is named eth7")]
    [InlineData("", 0, "missing")]
    [InlineData("a..example", 2, "two dots")]
    [InlineData("user@host", 4, "is not allowed in a host name")]
    [InlineData("http://www.example/", 0, "a URL")]
    [InlineData("www.example/x", 12, "not a prefix length")]
    public void A_fault_is_shown_where_it_is(string word, int position, string reason)
    {
        var exception = Plans.Refused(word);
        Assert.Equal(ExitCode.Usage, exception.ExitCode);
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
        Assert.NotNull(exception.Hint);
        if (exception.Details is [_, var caret])
        {
            Assert.Equal(position, caret.IndexOf('^', StringComparison.Ordinal) - 2);
        }
    }

    [Fact]
    public void A_netmask_is_answered_with_its_length()
        => Assert.Equal("write /20 for this netmask", Plans.Refused("10.0.0.0/255.255.240.0").Hint?.ToString());

    [Fact]
    public void A_label_or_name_that_DNS_cannot_have_is_refused()
    {
        Assert.Contains("at most 63", Plans.Refused(new string('a', 64) + ".example").Message, StringComparison.Ordinal);
        Assert.Contains(
            "at most 253", Plans.Refused(string.Join('.', Enumerable.Repeat("abcdefgh", 40))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_have_words_between_white_space_and_comments()
    {
        var builder = Plans.Builder();
        builder.AddText(new StringReader("\ufeff10.0.0.1\t10.0.0.2 # two\n# none 10.9.9.9\r\n\r\n10.0.0.3:22#port\n10.0.0.4"), "hosts.txt");
        Assert.Equal(["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"], builder.Build().Addresses());
    }

    [Fact]
    public void A_fault_in_a_file_names_file_and_line()
    {
        var exception = Assert.Throws<PortolanException>(
            () => Plans.Builder().AddText(new StringReader("10.0.0.1\n\n10.0.0.1\n 10.0.0.300"), "hosts.txt"));
        Assert.StartsWith("hosts.txt, line 4: \"10.0.0.300\": octets end at 255", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mistyped_file_is_a_usage_error_that_names_what_was_meant()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            File.WriteAllText(Path.Combine(folder.FullName, "excludes.txt"), "10.0.0.1");
            var exception =
                Assert.Throws<PortolanException>(() => Plans.Builder().ExcludeFile(Path.Combine(folder.FullName, "exclude.txt")));
            Assert.Equal(ExitCode.Usage, exception.ExitCode);
            Assert.Contains("the file does not exist", exception.Message, StringComparison.Ordinal);
            Assert.Equal($"did you mean {Path.Combine(folder.FullName, "excludes.txt")}?", exception.Hint?.ToString());
            Assert.Contains(
                "a folder", Assert.Throws<PortolanException>(() => Plans.Builder().AddFile(folder.FullName)).Message,
                StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Commas_separate_excludes_and_an_octet_list_there_is_explained()
    {
        Assert.Equal(["10.0.0.2"], Plans.Without("10.0.0.1, 10.0.0.3,2001:db8::/32", "10.0.0.1-3", "2001:db8::5").Addresses());
        Assert.Contains(
            "commas separate targets", Assert.Throws<PortolanException>(() => Plans.Without("10.0.0.1,3", "10.0.0.1")).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "missing between commas", Assert.Throws<PortolanException>(() => Plans.Without("10.0.0.1,,10.0.0.2", "10.0.0.1")).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "not ports", Assert.Throws<PortolanException>(() => Plans.Without("10.0.0.1:80", "10.0.0.1")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Any_word_is_a_target_or_an_error_within_it()
        => Fuzz.Run(6000, (random, seed) =>
        {
            string[] seeds = [
                "10.0.0,1,3-7.-/24:80,T:22", "[2001:db8::7%eth0]/64:443", "www.example.com/24:https", "10.0.0.1-10.0.0.9",
                "::ffff:10.0.0.1-::1", "*.*.*.*", "bücher.example"];
            var word = System.Text.Encoding.Latin1.GetString(Fuzz.Damage(
                random, System.Text.Encoding.Latin1.GetBytes(seeds[seed % seeds.Length])));
            if (TargetGrammar.TryParse(word, out var expression, out var error))
            {
                Assert.True(expression.Kind == TargetKind.Name || expression.First <= expression.Last);
            }
            else
            {
                Assert.InRange(error.Position, 0, word.Length);
                Assert.True(error.Length > 0 && error.Reason.Length > 0 && error.Hint!.ToString().Length > 0, word);
                Assert.NotNull(error.ToException(word).Message);
            }
        });
}
