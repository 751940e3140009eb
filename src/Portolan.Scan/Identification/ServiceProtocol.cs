namespace Portolan.Scan.Identification;

/// <summary>
/// A protocol that services speak: what its client says first, how its replies are known for certain, and what they tell.
/// </summary>
/// <remarks>Stateless; one object serves all ports at once.</remarks>
public abstract class ServiceProtocol
{
    /// <summary>Makes the protocol.</summary>
    /// <param name="name">IANA's name of the service where there is one, in lower case.</param>
    /// <param name="ports">The ports it usually has, likeliest first.</param>
    protected ServiceProtocol(string name, params ReadOnlySpan<ushort> ports) => (Name, Ports) = (name, ports.ToArray());

    /// <summary>IANA's name of the service where there is one, in lower case.</summary>
    public string Name { get; }

    /// <summary>The ports it usually has.</summary>
    public IReadOnlyList<ushort> Ports { get; }

    /// <summary>The ports it usually has inside TLS.</summary>
    public virtual IReadOnlyList<ushort> TlsPorts => [];

    /// <summary>What its client says first; <c>null</c> where the server does.</summary>
    public virtual ServiceProbe? Opening => null;

    /// <summary>What it may be asked after its reply is known: with the opening, all bytes that this protocol ever sends.</summary>
    public virtual IReadOnlyList<ServiceProbe> FollowUps => [];

    /// <summary>
    /// How rare it is on ports that are not its own, 1 to 9: with <c>--version-intensity</c> N its opening is tried there from N on. 10:
    /// never, see <see cref="IsIndustrial"/>.
    /// </summary>
    public virtual int Rarity => 8;

    /// <summary>Its reply can look like any other protocol's, so it reads before them.</summary>
    public virtual bool ReadsFirst => false;

    /// <summary>Its servers count connections that end early, and block hosts that make many: its own ports get one connection.</summary>
    public virtual bool CountsConnections => false;

    /// <summary>
    /// A client that speaks before the server's greeting is turned away, and perhaps remembered (RFC 5321 section 4.3.1): nothing is sent
    /// to its own ports while the greeting may still come.
    /// </summary>
    public virtual bool MustGreetFirst => false;

    /// <summary>What its servers do with a request of HTTP, where that was seen.</summary>
    public virtual HttpReaction ToHttp => HttpReaction.Unknown;

    /// <summary>What its servers do with memcached's <c>version</c>, a line of text that is not theirs, where that was seen.</summary>
    public virtual HttpReaction ToLine => HttpReaction.Unknown;

    /// <summary>
    /// Where its servers close a connection on bytes that are not theirs, they have not read all of them, and the kernel resets it;
    /// <c>null</c> where servers differ or none was seen.
    /// </summary>
    public virtual bool? ClosesByReset => null;

    /// <summary>
    /// A question of another protocol to which its servers say by what they are known for certain: on ports that are not its own it is
    /// asked first, and its own opening last.
    /// </summary>
    public virtual ServiceProbe? SharedQuestion => null;

    /// <summary>
    /// Where its opening is met with silence or a close on its own ports, that is looked into (<see cref="AskSilentAsync"/>): some of its
    /// servers answer late, or not at all, or another question.
    /// </summary>
    public virtual bool IsKnownBySilence => false;

    /// <summary>Its servers never answer a stranger: a silent port of its own may be one (<see cref="SilentServices"/>).</summary>
    public virtual bool IsSilentToStrangers => false;

    /// <summary>
    /// Its bytes never leave its own ports, and on these nothing else is sent: a controller of machines may stop at what it does not
    /// expect.
    /// </summary>
    public bool IsIndustrial => Rarity > 9;

    /// <summary>
    /// How its servers turn a connection in clear into TLS; <c>null</c> where they do not. Its questions stand among
    /// <see cref="FollowUps"/>.
    /// </summary>
    public virtual TlsUpgrade? Upgrade => null;

    /// <summary>Reads a reply to any probe, or what came unasked.</summary>
    public abstract ReplyReading Read(ServiceReply reply);

    /// <summary>Asks further, on the connection that the reply came from or on another.</summary>
    /// <param name="conversation">The connection.</param>
    /// <param name="known">What the reply told.</param>
    /// <param name="isCertain">Whether it was <see cref="ReplyMatch.Certain"/>.</param>
    /// <returns>What is known now; <c>null</c> where a likely match was none.</returns>
    public virtual Task<IdentifiedService?> AskAsync(Conversation conversation, IdentifiedService known, bool isCertain) =>
        Task.FromResult(isCertain ? known : null);

    /// <summary>
    /// Asks its own question on a connection of its own, where what a server said to another protocol's question made it likely.
    /// </summary>
    /// <param name="conversation">The connection that the likely reply came from.</param>
    /// <param name="question">The question.</param>
    /// <param name="isWhole">Whether the answer is whole.</param>
    /// <returns>The service where the answer is <see cref="ReplyMatch.Certain"/>; otherwise <c>null</c>.</returns>
    protected async Task<IdentifiedService?> AskAnewAsync(
        Conversation conversation, ServiceProbe question, Func<ReadOnlyMemory<byte>, bool> isWhole)
    {
        ArgumentNullException.ThrowIfNull(conversation);
        if (await conversation.OpenAnotherAsync() is not { } second)
        {
            return null;
        }

        await using (second)
        {
            var answer = await second.AskAsync(question, isWhole);
            var reading = Read(new ServiceReply(answer.Span, question, isEnded: true));
            return reading.Match == ReplyMatch.Certain ? reading.Service : null;
        }
    }

    /// <summary>Looks into the silence or the close after the opening (<see cref="IsKnownBySilence"/>).</summary>
    /// <param name="conversation">The connection on which the opening was sent.</param>
    /// <returns>What is known; <c>null</c> for nothing.</returns>
    public virtual Task<IdentifiedService?> AskSilentAsync(Conversation conversation) => Task.FromResult<IdentifiedService?>(null);

    /// <summary>Asks further by datagrams, after a reply that was <see cref="ReplyMatch.Certain"/>.</summary>
    /// <param name="exchange">Sends and waits.</param>
    /// <param name="known">What the reply told.</param>
    /// <param name="reply">The reply.</param>
    /// <returns>What is known now.</returns>
    public virtual Task<IdentifiedService> AskByDatagramAsync(
        DatagramExchange exchange, IdentifiedService known, ReadOnlyMemory<byte> reply) => Task.FromResult(known);
}
