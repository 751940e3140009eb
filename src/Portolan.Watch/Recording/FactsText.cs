using System.Buffers;
using System.Text;
using System.Text.Json;
using Portolan.Scan.Formats.Reading;
using Portolan.Watch.Snapshots;

namespace Portolan.Watch.Recording;

/// <summary>The facts of a port as the text that the store holds: JSON, facts that are not known left out.</summary>
internal static class FactsText
{
    /// <summary>The text; <c>null</c> where no fact is known.</summary>
    public static string? Of(Endpoint facts)
    {
        if (facts == Endpoint.Bare)
        {
            return null;
        }

        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        if (facts.Service is { } service)
        {
            json.WriteStartObject("service"u8);
            json.WriteString("name"u8, service.Name);
            Write(json, "tunnel"u8, service.Tunnel);
            Write(json, "product"u8, service.Product);
            Write(json, "version"u8, service.Version);
            Write(json, "info"u8, service.Info);
            if (service.IsJoined)
            {
                json.WriteBoolean("joined"u8, true);
            }

            Write(json, "scanner"u8, service.Scanner);
            json.WriteEndObject();
        }

        if (facts.Certificate is { } certificate)
        {
            json.WriteStartObject("certificate"u8);
            json.WriteString("subject"u8, certificate.Subject);
            Write(json, "issuer"u8, certificate.Issuer);
            Write(json, "notBefore"u8, certificate.NotBefore);
            Write(json, "notAfter"u8, certificate.NotAfter);
            json.WriteEndObject();
        }

        Write(json, "banner"u8, facts.Banner);
        Write(json, "bannerScanner"u8, facts.BannerScanner);
        Write(json, "owner"u8, facts.Owner);
        if (facts.Binds is { } binds)
        {
            json.WriteNumber("width"u8, binds.Width);
            json.WriteStartArray("binds"u8);
            foreach (var address in binds.Addresses)
            {
                json.WriteStringValue(address);
            }

            json.WriteEndArray();
        }

        if (facts.Reach is { } reach)
        {
            json.WriteStartObject("reach"u8);
            json.WriteString("exposure"u8, reach.Exposure);
            Write(json, "summary"u8, reach.Summary);
            Write(json, "rule"u8, reach.Rule);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.Flush();
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>The facts; none where the text is none of ours.</summary>
    public static Endpoint Read(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            var root = document.RootElement;
            return new Endpoint
            {
                Service = root.TryGetProperty("service", out var service) && JsonFields.Text(service, "name") is { } name
                    ? new ServiceFacts(
                        name, JsonFields.Text(service, "tunnel"), JsonFields.Text(service, "product"), JsonFields.Text(service, "version"),
                        JsonFields.Text(service, "info"), JsonFields.Flag(service, "joined") == true)
                    { Scanner = JsonFields.Text(service, "scanner") }
                    : null,
                Certificate = root.TryGetProperty("certificate", out var found) && JsonFields.Text(found, "subject") is { } subject
                    ? new CertificateDates(
                        subject, JsonFields.Text(found, "issuer"), JsonFields.Time(found, "notBefore"), JsonFields.Time(found, "notAfter"))
                    : null,
                Banner = JsonFields.Text(root, "banner"),
                BannerScanner = JsonFields.Text(root, "bannerScanner"),
                Owner = JsonFields.Text(root, "owner"),
                Binds = JsonFields.Count(root, "width") is { } width
                    ? new BindFacts([.. JsonFields.Items(root, "binds").Select(static bind => bind.GetString() ?? "")], (int)width)
                    : null,
                Reach = root.TryGetProperty("reach", out var reach) && JsonFields.Text(reach, "exposure") is { } exposure
                    ? new ReachFacts(exposure, JsonFields.Text(reach, "summary"), JsonFields.Text(reach, "rule"))
                    : null,
            };
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return Endpoint.Bare;
        }
    }

    /// <summary>What is known of a port by two looks: what the later one says, and else what the earlier one said.</summary>
    public static Endpoint Merge(Endpoint earlier, Endpoint later) => new()
    {
        Service = later.Service ?? earlier.Service,
        Certificate = later.Certificate ?? earlier.Certificate,
        Banner = later.Banner ?? earlier.Banner,
        BannerScanner = later.Banner is null ? earlier.BannerScanner : later.BannerScanner,
        Owner = later.Owner ?? earlier.Owner,
        Binds = later.Binds ?? earlier.Binds,
        Reach = later.Reach ?? earlier.Reach,
    };

    private static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    private static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> name, DateTimeOffset? value)
    {
        if (value is { } time)
        {
            json.WriteString(name, time.UtcDateTime);
        }
    }
}
