using System.Text.Json;
using Portolan.Lab.Topology;
using Portolan.Lab.Topology.Reading;
using Portolan.Model;

namespace Portolan.Tests.Lab.Topology;

/// <summary>Which host somebody means who wants to run a command at its place.</summary>
public sealed class LabPlacesTests
{
    private const string Text =
        """
        name: small
        networks: { office: 198.18.0.0/24, far: 198.18.1.0/24 }
        routers: { gateway: { networks: { office: 198.18.0.1, far: 198.18.1.1 } } }
        hosts:
          web: { address: 198.18.0.10, names: [www.example.com] }
          pc: 198.18.0.20-198.18.0.29
          two-9: 198.18.1.9
        """;

    public static TheoryData<bool> Sides => [false, true];

    [Theory, MemberData(nameof(Sides))]
    public void A_host_has_its_name_with_or_without_the_domain_and_a_range_has_numbers(bool isSent)
    {
        var places = Places(isSent);

        Assert.Equal(new PlaceChoice("web", "web"), places.Choose("web"));
        Assert.Equal(new PlaceChoice("web", "web"), places.Choose("WEB.small.lab"));
        Assert.Equal(new PlaceChoice("web", "web"), places.Choose("www.example.com"));
        Assert.Equal(new PlaceChoice("pc", "pc-1"), places.Choose("pc-1"));
        Assert.Equal(new PlaceChoice("pc", "pc-10"), places.Choose("PC-10"));
        Assert.Equal(new PlaceChoice("two-9", "two-9"), places.Choose("two-9"));
        Assert.Null(places.Choose("vantage"));
    }

    [Theory]
    [InlineData("wbe", "no host of the lab small is named 'wbe'", "did you mean web?")]
    [InlineData("printer", "no host of the lab small is named 'printer'", "its hosts are web, pc-1, two-9")]
    [InlineData("gateway", "gateway is a router of the lab small, and a command runs at a host", "its hosts are web, pc-1, two-9")]
    [InlineData("pc", "pc of the lab small is a range of 10 hosts", "name one of them, pc-1 to pc-10")]
    [InlineData("pc-0", "pc of the lab small is a range of 10 hosts", "name one of them, pc-1 to pc-10")]
    [InlineData("pc-11", "pc of the lab small is a range of 10 hosts", "name one of them, pc-1 to pc-10")]
    [InlineData("office", "no host of the lab small is named 'office'", "its hosts are web, pc-1, two-9")]
    [InlineData("a\e[31m", "no host of the lab small is named 'a\\x1b[31m'", "its hosts are web, pc-1, two-9")]
    public void Whoever_is_no_host_is_said_with_those_that_are(string word, string message, string hint)
    {
        foreach (var isSent in new[] { false, true })
        {
            var exception = Assert.Throws<PortolanException>(() => Places(isSent).Choose(word));
            Assert.Equal((message, hint, ExitCode.Usage), (exception.Message, $"{exception.Hint}", exception.ExitCode));
        }
    }

    /// <summary>As a lab's own process knows them, or as another process is told.</summary>
    private static LabPlaces Places(bool isSent)
    {
        var places = LabPlaces.Of(TopologyReader.Read(Text).OrThrow("text"));
        if (!isSent)
        {
            return places;
        }

        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartObject();
            places.Write(json);
            json.WriteEndObject();
        }

        using var document = JsonDocument.Parse(text.ToArray());
        return LabPlaces.Read(document.RootElement);
    }
}
