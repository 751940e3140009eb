using Portolan.Scan.Identification;
using Portolan.Tests.Support;

namespace Portolan.Tests.Scan.Identification;

/// <summary>
/// Whole inquiries with damaged replies: the first is often whole, so that the readers of further questions get damaged ones too. What a
/// server was not asked when it
/// was recorded is answered with what another one said. <c>PORTOLAN_LONG</c> runs many more.
/// </summary>
public sealed class FollowUpFuzzTests
{
    private static readonly bool IsLong = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("PORTOLAN_LONG"));

    [Fact]
    public void Every_protocol_that_asks_further_has_a_recording_or_is_named_here()
    {
        // Nobody's server of these protocols was there to be recorded; their readers get the words of others.
        string[] unheard = ["niagara-fox", "source-engine", "vnc"];
        var recorded = RecordedService.All().Select(RecordedService.Read).Select(static s => s.Ask(s.Port).Service?.Protocol).ToHashSet();
        var asking = ServiceCatalog.Tcp.Concat(ServiceCatalog.Udp).Where(static p => p.FollowUps.Count > 0).Select(static p => p.Name);
        Assert.Empty(asking.Where(name => !recorded.Contains(name)).Except(unheard));
    }

    [Trait("Quick", "no")]
    [Fact]
    public void Damaged_answers_to_further_questions_break_nothing()
    {
        var asking = ServiceCatalog.Tcp.Concat(ServiceCatalog.Udp).Where(static p => p.FollowUps.Count > 0).ToList();
        var all = RecordedService.All().Select(RecordedService.Read).ToArray();
        var words = all.SelectMany(static service => service.Replies.Select(static reply => reply.Bytes))
            .Where(static bytes => bytes.Length > 0).ToArray();
        var services = all.Where(service => asking.Exists(p => p.Name == service.Ask(service.Port).Service?.Protocol)).ToArray();
        Assert.True(services.Length > 20, $"{services.Length} recordings");
        Fuzz.Run(IsLong ? 200_000 : 1500, (random, seed) =>
        {
            var service = services[seed % services.Length];
            var network = new RecordedNetwork
            {
                Change = bytes => random.Next(2) == 0 ? bytes : Fuzz.Damage(random, bytes),
                Unrecorded = () => random.Next(3) == 0 ? Fuzz.Damage(random, words[random.Next(words.Length)]) : null,
            };

            // It throws where a reader did.
            var answer = service.Ask(service.Port, network);
            Assert.All(answer.Service?.Cpes ?? [], static name => Assert.StartsWith("cpe:/", name, StringComparison.Ordinal));
        });
    }
}
