using Portolan.Model;
using Portolan.Scan.Checking;
using Portolan.Scan.Identification;
using Portolan.Scan.Identification.Facts;
using Portolan.Scan.Identification.Facts.Http;
using Portolan.Tests.Scan.Checking;

namespace Portolan.Tests.Scan.Identification.Facts;

/// <summary>
/// A server that greets and answers as a test says, asked for one fact in virtual time. Every byte that it receives must be declared.
/// </summary>
internal sealed class FactServer(string? greeting, Func<byte[], byte[]?> answer) : ICheckSockets
{
    private static readonly InternetAddress Address = InternetAddress.TryParse("192.0.2.1", out var address) ? address
        : throw new FormatException();

    private ServiceTarget? _target;

    /// <summary>What it received, one write each.</summary>
    public List<byte[]> Received { get; } = [];

    /// <summary>How many connections were made.</summary>
    public int Connections { get; private set; }

    /// <summary>It closes after each answer.</summary>
    public bool Closes { get; init; }

    /// <summary>How long the question took, in its own time.</summary>
    public TimeSpan Took { get; private set; }

    /// <summary>A fact by its name.</summary>
    public static ServiceFact Find(string id) => FactCatalog.All.Single(fact => fact.Id == id);

    /// <summary>Asks for a fact.</summary>
    /// <param name="id">Its name.</param>
    /// <param name="service">What the server is.</param>
    /// <param name="port">Its port.</param>
    /// <param name="transport">TCP or UDP.</param>
    /// <param name="heard">What it said when it was identified.</param>
    public Fact? Ask(string id, IdentifiedService service, ushort port, TransportProtocol transport = TransportProtocol.Tcp,
        byte[]? heard = null)
    {
        var fact = Find(id);
        Assert.True(fact.Fits(service) && fact.Transports.Contains(transport), id);
        _target = new ServiceTarget(new RemoteSocket(Address, null, new PortNumber(port)), transport, "example.test");
        var time = new TestTime();
        var settings = new IdentifySettings
        {
            MaxConnections = FactInquiry.MaxConnections,
            PortLimit = FactInquiry.FactLimit,
            ReplyLimit = FactInquiry.MaxReplyLength
        };
        var told = time.Run(
            async () =>
            {
                using var budget = new PortBudget(this, time, settings, new LocalSendFailure(time, settings.RetryWait), tell: null,
                    CancellationToken.None);
                var answer = new ServiceAnswer(ServiceOutcome.Identified, service) { Greeting = heard };
                return await fact.AskAsync(new FactContext(_target, service, answer, this, time, settings, budget, new HttpPages()));
            },
            mostSteps: 100_000);
        Took = time.GetUtcNow() - DateTimeOffset.UnixEpoch;
        return told;
    }

    /// <inheritdoc/>
    public Task<ConnectionAttempt> ConnectAsync(RemoteSocket remote, CancellationToken giveUp)
    {
        Connections++;
        var connection = new MemoryConnection((connection, bytes) =>
        {
            Receive(bytes);
            if (answer(bytes) is { } said)
            {
                connection.Feed(said);
                if (Closes)
                {
                    connection.End();
                }
            }
        });
        if (greeting is not null)
        {
            connection.Feed(System.Text.Encoding.Latin1.GetBytes(greeting));
        }

        return Task.FromResult(new ConnectionAttempt(ConnectionOutcome.Connected, connection));
    }

    /// <inheritdoc/>
    public Task<DatagramResult> ExchangeAsync(
        RemoteSocket remote, IReadOnlyList<ReadOnlyMemory<byte>> datagrams, TimeSpan interval, Func<ReadOnlyMemory<byte>, bool> accepts,
            CancellationToken giveUp)
    {
        Receive(datagrams[0].ToArray());
        return Task.FromResult(answer(datagrams[0].ToArray()) is { } said
            ? new DatagramResult(DatagramOutcome.Replied, 1) { Reply = said }
            : new DatagramResult(DatagramOutcome.Silent, 1));
    }

    // A hello of the platform's TLS has bytes of its own.
    private void Receive(byte[] bytes)
    {
        Assert.True(bytes is [0x16, 3, ..] || DeclaredBytes.AreOfFact(_target!, bytes), $"undeclared bytes {Convert.ToHexString(bytes)}");
        Received.Add(bytes);
    }
}
