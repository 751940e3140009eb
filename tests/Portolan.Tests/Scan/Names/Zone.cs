using Portolan.Model;
using Portolan.Packets;
using Portolan.Scan.Names;

namespace Portolan.Tests.Scan.Names;

/// <summary>A DNS server in memory: records by name and type, and the ways in which it misbehaves.</summary>
internal sealed class Zone : IDnsTransport
{
    private readonly Dictionary<(string Name, DnsType Type), List<string>> _records = [];

    /// <summary>Servers that never answer.</summary>
    public HashSet<string> Dead { get; } = [];

    /// <summary>Servers whose host refuses.</summary>
    public HashSet<string> Refusing { get; } = [];

    /// <summary>What a server answers with instead.</summary>
    public Dictionary<string, DnsResponseCode> Codes { get; } = [];

    /// <summary>Over UDP every answer is cut short.</summary>
    public bool Truncates { get; set; }

    /// <summary>EDNS0 is answered with FORMERR.</summary>
    public bool IsOld { get; set; }

    /// <summary>Comes before each answer.</summary>
    public List<Func<byte[], byte[]>> Lies { get; } = [];

    /// <summary>What was asked: <c>192.0.2.53 udp A www.example</c>.</summary>
    public List<string> Questions { get; } = [];

    public Zone Add(string name, DnsType type, params string[] data)
    {
        _records[(name.ToLowerInvariant(), type)] = [.. data];
        return this;
    }

    public Task<DnsReply> AskAsync(
        DnsServer server, DnsCarrier carrier, ReadOnlyMemory<byte> query, Func<ReadOnlyMemory<byte>, bool> accepts, TimeSpan timeout,
        CancellationToken cancellation)
    {
        Assert.True(DnsMessage.TryRead(query.Span, out var message));
        Assert.True(message.TryReadQuestion(out var question));
        lock (Questions)
        {
            Questions.Add($"{server} {carrier.ToString().ToLowerInvariant()} {question.Type.ToString().ToUpperInvariant()} "
                + $"{question.Name.ToString()}{(message.TryReadEdns(out _) ? "" : " (no edns)")}");
        }

        if (Dead.Contains(server.ToString()))
        {
            return Task.FromResult(new DnsReply(null, 0, null));
        }

        if (Refusing.Contains(server.ToString()))
        {
            return Task.FromResult(new DnsReply(null, 0, "Connection refused"));
        }

        var rejected = 0;
        foreach (var lie in Lies)
        {
            var bytes = lie(query.ToArray());
            if (accepts(bytes))
            {
                return Task.FromResult(new DnsReply(bytes, rejected, null));
            }

            rejected++;
        }

        var answer = Answer(query.Span, Codes.TryGetValue(server.ToString(), out var code) ? code : null, carrier);
        return Task.FromResult(accepts(answer) ? new DnsReply(answer, rejected, null) : new DnsReply(null, rejected + 1, null));
    }

    /// <summary>What this server says to a question.</summary>
    public byte[] Answer(ReadOnlySpan<byte> query, DnsResponseCode? code = null, DnsCarrier carrier = DnsCarrier.Udp)
    {
        Assert.True(DnsMessage.TryRead(query, out var message));
        Assert.True(message.TryReadQuestion(out var question));
        var name = question.Name.ToString().ToLowerInvariant();
        var known = _records.Keys.Any(key => key.Name == name);
        var truncated = Truncates && carrier == DnsCarrier.Udp;
        code ??= IsOld && message.TryReadEdns(out _)
            ? DnsResponseCode.FormatError
            : known ? DnsResponseCode.NoError : DnsResponseCode.NameError;
        var buffer = new byte[4096];
        var writer = new DnsWriter(
            buffer, message.Id, DnsFlags.Response | DnsFlags.RecursionAvailable | (truncated ? DnsFlags.Truncated : DnsFlags.None),
            code.Value);
        writer.TryAddQuestion(question.Name.ToString(), question.Type);
        for (var i = 0; i < 20 && code == DnsResponseCode.NoError && !truncated; i++)
        {
            if (_records.TryGetValue((name, question.Type), out var data))
            {
                foreach (var text in data)
                {
                    Assert.True(question.Type is DnsType.A or DnsType.Aaaa && InternetAddress.TryParse(text, out var address)
                        ? writer.TryAddAddress(DnsSection.Answer, name, 300, address)
                        : writer.TryAddNameRecord(DnsSection.Answer, name, question.Type, 300, text));
                }

                break;
            }

            if (!_records.TryGetValue((name, DnsType.Cname), out var alias))
            {
                break;
            }

            Assert.True(writer.TryAddNameRecord(DnsSection.Answer, name, DnsType.Cname, 300, alias[0]));
            name = alias[0].ToLowerInvariant();
        }

        return buffer[..writer.Length];
    }

    /// <summary>A resolver that asks this server only.</summary>
    public NameResolver Resolver(
        string resolvConf = "nameserver 192.0.2.53", string hosts = "", string nsswitch = "", ISystemNames? system = null)
    {
        ushort id = 0;
        return new ResolverFiles(new HostsFile(hosts, "/etc/hosts"), ResolverSettings.Parse(resolvConf), NameSources.Parse(nsswitch))
            .MakeResolver(this, TimeProvider.System, () => ++id, system);
    }
}
