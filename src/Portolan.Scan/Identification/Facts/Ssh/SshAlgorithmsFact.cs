using Portolan.Model;

namespace Portolan.Scan.Identification.Facts.Ssh;

/// <summary>The algorithms that an SSH server offers for key exchange, keys, encryption, integrity and compression.</summary>
internal sealed class SshAlgorithmsFact() : ServiceFact("ssh2-enum-algos", "the algorithms that the server offers", "ssh")
{
    /// <inheritdoc/>
    public override IReadOnlyList<ServiceProbe> ProbesOver(TransportProtocol transport) => [SshOffer.Hello];

    /// <inheritdoc/>
    public override async Task<Fact?> AskAsync(FactContext context)
    {
        if (await context.OpenAsync() is not { } conversation)
        {
            return null;
        }

        await using (conversation)
        {
            return await SshOffer.HearAsync(conversation) is { } offer ? Describe(offer) : null;
        }
    }

    private Fact Describe(SshOffer offer)
    {
        var fields = SshOffer.Names.Select(list => FactField.List(list.Name, offer.Lists[list.At]));
        var lines = SshOffer.Names.Select(list => FormattableString.Invariant(
            $"  {list.Name}: ({offer.Lists[list.At].Length}) {string.Join(' ', offer.Lists[list.At])}"));
        return Fact.Of(Id, fields, $"\n{string.Join('\n', lines)}");
    }
}
