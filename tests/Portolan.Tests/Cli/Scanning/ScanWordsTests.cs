using Portolan.Cli.Commands;
using Portolan.Cli.Help;
using Portolan.Cli.Hosting;
using Portolan.Cli.Scanning.Words;
using Portolan.Tests.Support;

namespace Portolan.Tests.Cli.Scanning;

/// <summary>What nmap's users type, and what the parser is given for it.</summary>
public sealed class ScanWordsTests
{
    [Theory]
    [InlineData("-sS", "--syn")]
    [InlineData("-sSU", "--syn --udp")]
    [InlineData("-s SU", "--syn --udp")]
    [InlineData("-sT -sU", "--connect --udp")]
    [InlineData("-sP", "--no-port-scan")]
    [InlineData("-sn", "--no-port-scan")]
    [InlineData("-sL", "--list-targets")]
    [InlineData("-p-", "--ports=-")]
    [InlineData("-p -", "--ports=-")]
    [InlineData("-p80,443", "--ports=80,443")]
    [InlineData("-p 80,443", "--ports=80,443")]
    [InlineData("-p -1024", "--ports=-1024")]
    [InlineData("-p-1024", "--ports=-1024")]
    [InlineData("-p=80", "--ports=80")]
    [InlineData("-pU:53,T:21-25", "--ports=U:53,T:21-25")]
    [InlineData("-PS22,80", "--ping-syn=22,80")]
    [InlineData("-PS", "--ping-syn=80")]
    [InlineData("-PA", "--ping-ack=80")]
    [InlineData("-PT8080", "--ping-ack=8080")]
    [InlineData("-PU", "--ping-udp=40125")]
    [InlineData("-PU53", "--ping-udp=53")]
    [InlineData("-PE -PP", "--ping-echo --ping-timestamp")]
    [InlineData("-PB", "--ping-echo --ping-ack=80")]
    [InlineData("-PR", "--ping-arp")]
    [InlineData("-Pn", "--no-discovery")]
    [InlineData("-PN", "--no-discovery")]
    [InlineData("-P0", "--no-discovery")]
    [InlineData("--ping-syn 10.0.0.1", "--ping-syn=80 10.0.0.1")]
    [InlineData("-T4", "--timing=4")]
    [InlineData("-T 4", "--timing=4")]
    [InlineData("-Taggressive", "--timing=aggressive")]
    [InlineData("-T aggressive", "--timing=aggressive")]
    [InlineData("-oX -", "--output-xml=-")]
    [InlineData("-oX-", "--output-xml=-")]
    [InlineData("-oXscan.xml", "--output-xml=scan.xml")]
    [InlineData("--oX scan.xml", "--output-xml=scan.xml")]
    [InlineData("-oA out", "--output-all=out")]
    [InlineData("-oN f -oG g -oJ j", "--output-normal=f --output-grepable=g --output-json=j")]
    [InlineData("-oM g", "--output-grepable=g")]
    [InlineData("-iL -", "--input-list=-")]
    [InlineData("-iLhosts", "--input-list=hosts")]
    [InlineData("-iL hosts", "--input-list=hosts")]
    [InlineData("-e eth0", "--interface=eth0")]
    [InlineData("-eeth0", "--interface=eth0")]
    [InlineData("-g53", "--source-port=53")]
    [InlineData("-S 10.0.0.1", "--source=10.0.0.1")]
    [InlineData("-M 3", "--max-parallelism=3")]
    [InlineData("-v", "--verbose=+1")]
    [InlineData("-vv", "--verbose=+1 --verbose=+1")]
    [InlineData("-v3", "--verbose=3")]
    [InlineData("--verbose 10.0.0.1", "--verbose=+1 10.0.0.1")]
    [InlineData("-d", "--debugging=+1")]
    [InlineData("-d9", "--debugging=9")]
    [InlineData("-dd", "--debugging=+1 --debugging=+1")]
    [InlineData("-nvv", "--no-dns --verbose=+1 --verbose=+1")]
    [InlineData("-nsS", "--no-dns --syn")]
    [InlineData("-nPn", "--no-dns --no-discovery")]
    [InlineData("-np80", "--no-dns --ports=80")]
    [InlineData("-6n", "--ipv6 --no-dns")]
    [InlineData("-Fr", "--fast --sequential")]
    [InlineData("-R", "--resolve-names")]
    [InlineData("-h", "--help")]
    [InlineData("--min-rate=100", "--min-rate=100")]
    [InlineData("--min-rate 100", "--min-rate=100")]
    [InlineData("--min_rate 100", "--min-rate=100")]
    [InlineData("-min-rate 100", "--min-rate=100")]
    [InlineData("--rate 100", "--max-rate=100")]
    [InlineData("--max-retries 3", "--max-retries=3")]
    [InlineData("-open", "--open")]
    [InlineData("-reason", "--reason")]
    [InlineData("--exclude-ports -100", "--exclude-ports=-100")]
    [InlineData("--resume", "--resume")]
    [InlineData("--resume f.journal", "--resume=f.journal")]
    [InlineData("--color never -n", "--color=never --no-dns")]
    [InlineData("--json -sU", "--json --udp")]
    [InlineData("192.0.2.1:80,443 [2001:db8::1]:22", "192.0.2.1:80,443 [2001:db8::1]:22")]
    [InlineData("-- -sS", "-- -sS")]

    // Left as they are: refused by the name they were typed with.
    [InlineData("-sV", "--services")]
    [InlineData("-sSV", "--syn --services")]
    [InlineData("-sVC", "--services --facts")]
    [InlineData("-sC", "--facts")]
    [InlineData("-sSQ", "-sSQ")]
    [InlineData("-A", "--aggressive")]
    [InlineData("-nA", "--no-dns --aggressive")]
    [InlineData("-nx", "-nx")]
    [InlineData("-PX", "-PX")]
    [InlineData("-PY22", "-PY")]
    [InlineData("-oZ f", "-oZ f")]
    [InlineData("-script default", "--script=default")]
    [InlineData("--frobnicate", "--frobnicate")]
    [InlineData("-p", "--ports")]
    [InlineData("-p -sS", "--ports --syn")]
    [InlineData("-", "-")]
    public void A_word_of_nmap_becomes_options_of_the_parser(string typed, string expected) =>
        Assert.Equal($"scan {expected}", string.Join(' ', ScanWords.Normalize(["scan", .. typed.Split(' ')])));

    [Fact]
    public void Words_before_the_command_stay() =>
        Assert.Equal(
            ["--color", "never", "--json", "scan", "--syn", "h"], ScanWords.Normalize(["--color", "never", "--json", "scan", "-sS", "h"]));

    [Fact]
    public void The_normaliser_knows_the_options_of_the_command_and_no_others()
    {
        var options = new ScanCommand().Options.Concat(new GlobalOptions().All).ToList();
        Assert.Equal(
            options.Select(o => o.Name).Order(StringComparer.Ordinal),
            LongWords.All.Select(n => $"--{n}").Order(StringComparer.Ordinal));
        var valued = options.Where(o => o.Arity.MaximumNumberOfValues > 0 && LongWords.TakesValue(o.Name[2..])).Select(o => o.Name);
        string[] onlyAttached = ["--verbose", "--debugging", "--ping-syn", "--ping-ack", "--ping-udp"];
        Assert.Equal(
            options.Where(o => o.Arity.MaximumNumberOfValues > 0).Select(o => o.Name).Except(onlyAttached).Order(StringComparer.Ordinal),
            valued.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_short_name_that_help_shows_is_expanded_to_its_option()
    {
        foreach (var option in new ScanCommand().Options)
        {
            foreach (var name in UsageLine.Names(option).Where(n => !UsageLine.IsLong(n)).Append(
                option is ISpelledOption s ? s.Spelling.Split('[')[0] : option.Name))
            {
                var words = ScanWords.Normalize(["scan", name, "7"]);
                Assert.StartsWith(option.Name, words[1], StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Every_long_alias_is_expanded_to_its_option()
    {
        foreach (var option in new ScanCommand().Options)
        {
            Assert.All(option.Aliases.Where(UsageLine.IsLong), alias => Assert.Equal(option.Name, $"--{LongWords.Find(alias[2..])}"));
        }
    }

    [Fact]
    public void No_words_whatever_make_it_fail()
    {
        const string alphabet = "-sSTUPnovpiLXAe=0,:.EgTdA_ ";
        Fuzz.Run(2000, (random, _) =>
        {
            var words = new string[random.Next(1, 6)];
            for (var i = 0; i < words.Length; i++)
            {
                words[i] = string.Concat(Enumerable.Range(0, random.Next(0, 7)).Select(_ => alphabet[random.Next(alphabet.Length)]));
            }

            Assert.NotEmpty(ScanWords.Normalize(["scan", .. words]));
        });
    }
}
