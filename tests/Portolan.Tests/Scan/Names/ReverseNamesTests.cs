using Portolan.Model;
using Portolan.Packets;
using Portolan.Scan.Names;
using Portolan.Tests.Support;

namespace Portolan.Tests.Scan.Names;

public sealed class ReverseNamesTests
{
    [Fact]
    public void Every_address_gets_its_name_and_those_without_get_none()
    {
        var net = new Net { Names = i => i % 3 == 0 ? null : $"host{i}.example" };
        var found = net.Find(5000);
        Assert.Equal(Enumerable.Range(0, 5000).Where(i => i % 3 != 0), found.Keys.Order());
        Assert.All(found, pair => Assert.Equal($"host{pair.Key}.example", pair.Value));
        Assert.Null(net.Problem);
    }

    [Fact]
    public void Thousands_are_in_flight_when_servers_answer()
    {
        var net = new Net { Latency = TimeSpan.FromMilliseconds(100) };
        net.Find(20_000);
        Assert.True(net.MostInFlight > 1000, $"{net.MostInFlight}");
        Assert.True(net.Elapsed < TimeSpan.FromSeconds(10), $"{net.Elapsed}");
    }

    [Fact]
    public void Lost_questions_and_answers_are_asked_again()
    {
        // With 10 % lost each way and four attempts all of 500 answers come in most runs; the seed is fixed.
        var net = new Net { Loss = 0.1, Servers = 3 };
        Assert.Equal(500, net.Find(500).Count);
        Assert.True(net.Asked > 500);
    }

    [Fact]
    public void A_dead_server_costs_little_when_another_answers()
    {
        var net = new Net { Servers = 2, Dead = { 0 } };
        Assert.Equal(3000, net.Find(3000).Count);
        Assert.True(net.AskedOf[0] < 200, $"{net.AskedOf[0]} questions to the dead server");
    }

    [Fact]
    public void A_server_that_refuses_sends_the_question_on_to_the_next()
    {
        var net = new Net { Servers = 2, Failing = { 0 } };
        Assert.Equal(300, net.Find(300).Count);
    }

    [Fact]
    public void When_nobody_answers_it_ends_soon_and_says_so()
    {
        var net = new Net { Servers = 2, Dead = { 0, 1 } };
        Assert.Empty(net.Find(1000));
        Assert.Contains("no DNS server answers", net.Problem, StringComparison.Ordinal);
        Assert.True(net.Elapsed < TimeSpan.FromSeconds(10), $"{net.Elapsed}");
    }

    [Fact]
    public void When_every_host_refuses_it_ends_at_once()
    {
        var net = new Net { Refusing = true };
        Assert.Empty(net.Find(1000));
        Assert.Contains("no DNS server answers", net.Problem, StringComparison.Ordinal);
        Assert.True(net.Elapsed < TimeSpan.FromSeconds(1), $"{net.Elapsed}");
    }

    [Fact]
    public void Names_of_the_hosts_file_are_not_asked_for()
    {
        var net = new Net { Hosts = "10.0.0.1 gateway\n" };
        Assert.Equal("gateway", net.Find(3)[1]);
        Assert.Equal(2, net.Asked);
    }

    [Fact]
    public void The_caller_can_end_it()
    {
        var net = new Net { StopAt = 0.5, Latency = TimeSpan.FromMilliseconds(100) };
        Assert.InRange(net.Find(4000).Count, 1, 3999);
        Assert.Contains("interrupted", net.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_servers_only_the_hosts_file_speaks()
    {
        var net = new Net { Servers = 0, Hosts = "10.0.0.0 zero" };
        Assert.Equal("zero", Assert.Single(net.Find(2)).Value);
        Assert.Contains("no DNS server is known", net.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Forged_answers_change_nothing()
    {
        var net = new Net { Forge = true };
        var found = net.Find(200);
        Assert.All(found.Values, name => Assert.StartsWith("host", name, StringComparison.Ordinal));
        Assert.Equal(200, found.Count);
    }

    [Fact]
    public void Hostile_answers_never_throw()
        => Fuzz.Run(60, (random, _) =>
        {
            var net = new Net { Damage = random };
            net.Find(50);
        });

    /// <summary>Servers in virtual time.</summary>
    private sealed class Net : TimeProvider, IDnsDatagrams
    {
        private readonly Random _random = new(7);
        private readonly PriorityQueue<(int Channel, byte[] Bytes), long> _arrivals = new();
        private readonly Queue<int> _refusals = [];
        private long _now = 1;
        private ushort _id;

        public Func<int, string?> Names { get; init; } = i => $"host{i}.example";
        public int Servers { get; init; } = 1;
        public HashSet<int> Dead { get; } = [];
        public HashSet<int> Failing { get; } = [];
        public TimeSpan Latency { get; init; } = TimeSpan.FromMilliseconds(5);
        public double Loss { get; init; }
        public bool Refusing { get; init; }
        public bool Forge { get; init; }
        public Random? Damage { get; init; }
        public string Hosts { get; init; } = "";
        public double StopAt { get; init; } = 2;
        public int Asked { get; private set; }
        public Dictionary<int, int> AskedOf { get; } = [];
        public int MostInFlight { get; private set; }
        public string? Problem { get; private set; }
        public TimeSpan Elapsed => TimeSpan.FromTicks(_now);
        public int Channels => Servers * 2;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public int ServerOf(int channel) => channel / 2;

        public Dictionary<int, string> Find(int count)
        {
            var found = new Dictionary<int, string>();
            var settings = new ResolverSettings
            {
                Servers = [.. Enumerable.Range(1, Servers).Select(
                i => new DnsServer(InternetAddress.FromIPv4(0xc0000200 + (uint)i), 0, DnsServer.DefaultPort))]
            };
            var names = new ReverseNames(new HostsFile(Hosts, "/etc/hosts"), settings, _ => this, this, () => _id += 7919);
            names.Find(
                [.. Enumerable.Range(0, count).Select(i => InternetAddress.FromIPv4(0x0a000000 + (uint)i))],
                (i, name) => found.Add(i, name), share => share < StopAt);
            Problem = names.Problem;
            return found;
        }

        public bool TrySend(int channel, ReadOnlySpan<byte> message)
        {
            Asked++;
            var server = ServerOf(channel);
            AskedOf[server] = AskedOf.GetValueOrDefault(server) + 1;
            if (Refusing)
            {
                _refusals.Enqueue(channel);
            }
            else if (!Dead.Contains(server) && _random.NextDouble() >= Loss && _random.NextDouble() >= Loss)
            {
                var at = _now + Latency.Ticks + _random.Next(1000);
                var answer = Answer(message, Failing.Contains(server), null);
                if (Forge)
                {
                    _arrivals.Enqueue((channel, Answer(message, false, "9.9.9.9.in-addr.arpa")), at - 10);
                    var other = Answer(message, false, null);
                    other[1] ^= 0x55;
                    _arrivals.Enqueue((channel, other), at - 20);
                }

                _arrivals.Enqueue((channel, Damage is null ? answer : Fuzz.Damage(Damage, answer)), at);
            }

            MostInFlight = Math.Max(MostInFlight, _arrivals.Count);
            return true;
        }

        public DnsArrival Receive(Span<byte> buffer, TimeSpan timeout)
        {
            if (_refusals.TryDequeue(out var refused))
            {
                return new DnsArrival(refused, -1);
            }

            if (!_arrivals.TryPeek(out var arrival, out var at) || at > _now + timeout.Ticks)
            {
                _now += timeout.Ticks;
                return DnsArrival.Nothing;
            }

            _arrivals.Dequeue();
            _now = Math.Max(_now, at);
            arrival.Bytes.CopyTo(buffer);
            return new DnsArrival(arrival.Channel, arrival.Bytes.Length);
        }

        public void Dispose()
        {
        }

        private byte[] Answer(ReadOnlySpan<byte> query, bool fails, string? question)
        {
            Assert.True(DnsMessage.TryRead(query, out var message));
            Assert.True(message.TryReadQuestion(out var asked));
            var name = asked.Name.ToString();
            var host = name.Split('.') is [var low, var middle, ..] ? int.Parse(low) + (256 * int.Parse(middle)) : -1;
            var buffer = new byte[512];
            var writer = new DnsWriter(
                buffer, message.Id, DnsFlags.Response,
                fails ? DnsResponseCode.ServerFailure : Names(host) is null ? DnsResponseCode.NameError : DnsResponseCode.NoError);
            writer.TryAddQuestion(question ?? name, DnsType.Ptr);
            if (!fails && (question is null ? Names(host) : "forged.example") is { } answer)
            {
                writer.TryAddNameRecord(DnsSection.Answer, question ?? name, DnsType.Ptr, 300, answer);
            }

            return buffer[..writer.Length];
        }
    }
}
