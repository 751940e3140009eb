using System.Text;
using Portolan.Model;
using Portolan.Sockets.Filtering;

namespace Portolan.Tests.Sockets.Filtering;

/// <summary>Text of any kind is a filter or a described error, never anything else.</summary>
public sealed class FilterFuzzTests
{
    private static readonly string[] Pieces =
    [
        "(", ")", "!", "!=", "=", "==", "<", ">", "<=", ">=", "=>", "<>", "&", "&&", "|", "||", "and", "or", "not", "in", "eq", "ne", "lt",
        "gt", " ", " ", " ", ",",
        "\"", "'", "\\", ":", "/", "-", "*", "?", "[", "]", "%", "port", "sport", "dport", "src", "dst", "address", "state", "exclude",
        "process", "pid", "user", "unit",
        "container", "service", "family", "protocol", "namespace", "recvq", "dev", "path", "autobound", "fwmark", "cgroup", "established",
        "listening", "all", "tcp", "inet:",
        "unix:", "10.0.0.0/8", "::1", "[::1]:443", "2001:db8::/32", "::ffff:1.2.3.4/100", "22", "65536", "99999999999999999999",
        "8000-8100", "-", "9-1", "http", "ssh", "eth0", "64K",
        "\0", "\t", "\n", "\u202e", "\ud83d", "\ude00", "é", "\uffff", "10.0.0.1:", ":*", "*:*", "0x10", "1.2.3", "1/8", "/", "//", "::",
        ":::", "[", "[]", "[]:", "fe80::1%lo",
    ];

    [Fact]
    public void Pieces_of_filters_in_any_order() => Run(seed: 42, rounds: 15_000, static random =>
    {
        var text = new StringBuilder();
        for (var i = random.Next(12); i >= 0; i--)
        {
            text.Append(Pieces[random.Next(Pieces.Length)]).Append(random.Next(3) > 0 ? " " : "");
        }

        return text.ToString();
    });

    [Fact]
    public void Any_characters_at_all() => Run(seed: 43, rounds: 10_000, static random =>
    {
        var text = new StringBuilder();
        for (var i = random.Next(40); i > 0; i--)
        {
            text.Append(random.Next(4) == 0 ? (char)random.Next(65536) : (char)random.Next(32, 127));
        }

        return text.ToString();
    });

    [Fact]
    public void Good_filters_with_a_few_characters_changed() => Run(seed: 44, rounds: 10_000, static random =>
    {
        var text = new StringBuilder(
            FilterFields.All[random.Next(FilterFields.All.Count)].Example
                + " and (port 443 or process nginx) and not dst [2001:db8::/32]:443");
        for (var i = random.Next(4); i >= 0; i--)
        {
            var at = random.Next(text.Length);
            switch (random.Next(3))
            {
                case 0:
                    text.Remove(at, 1);
                    break;
                case 1:
                    text.Insert(at, Pieces[random.Next(Pieces.Length)]);
                    break;
                default:
                    text[at] = (char)random.Next(1, 256);
                    break;
            }
        }

        return text.ToString();
    });

    private static void Run(int seed, int rounds, Func<Random, string> make)
    {
        var random = new Random(seed);
        for (var round = 0; round < rounds; round++)
        {
            var text = make(random);
            try
            {
                Judge(text);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException(
                    $"seed {seed}, round {round}: {Convert.ToHexString(Encoding.BigEndianUnicode.GetBytes(text))} \"{text}\"", e);
            }
        }
    }

    private static void Judge(string text)
    {
        if (!SocketFilter.TryParse([text], FilterWorld.Names, out var filter, out var error))
        {
            Assert.InRange(error!.Position, 0, text.Length);
            Assert.InRange(error.Length, 0, text.Length - error.Position);
            Assert.NotEmpty(error.Message);
            Assert.DoesNotContain(error.ToString(), static c => char.IsControl(c) && c != '\n');
            Assert.Equal(ExitCode.Usage, error.ToException().ExitCode);
            return;
        }

        Assert.Null(error);
        if (filter.Syntax is null)
        {
            Assert.True(string.IsNullOrWhiteSpace(text));
            return;
        }

        var program = filter.Pushdown.Bytecode.Span;
        Assert.Null(program.IsEmpty ? null : KernelMachine.Audit(program));
        var canonical = filter.Syntax.ToString();
        var again = SocketFilter.Parse([canonical], FilterWorld.Names);
        Assert.Equal(FilterShape.Of(filter.Syntax), FilterShape.Of(again.Syntax!));
    }
}
