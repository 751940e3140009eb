using System.Text.Json;
using Portolan.Model;
using Portolan.Scan.Checking;

namespace Portolan.Cli.Checking;

/// <summary>The facts of a TLS handshake.</summary>
internal static class TlsJson
{
    public static void Write(Utf8JsonWriter json, TlsStep step)
    {
        json.WriteString("serverName"u8, step.ServerName);
        json.WriteString("version"u8, step.Session?.Version);
        json.WriteString("cipherSuite"u8, step.Session?.CipherSuite);
        json.WriteString("alpn"u8, step.Session?.ApplicationProtocol);
        json.WriteBoolean("clientCertificateRequested"u8, step.WantsClientCertificate);
        json.WriteBoolean("trusted"u8, step.IsTrusted);
        json.WriteStartArray("faults"u8);
        foreach (var fault in step.Faults)
        {
            json.WriteStartObject();
            json.WriteString("kind"u8, fault.Kind.Name());
            json.WriteString("text"u8, fault.Text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (step.DaysLeft is { } days)
        {
            json.WriteNumber("daysLeft"u8, days);
        }
        else
        {
            json.WriteNull("daysLeft"u8);
        }

        json.WriteStartArray("chain"u8);
        foreach (var certificate in step.Chain)
        {
            Write(json, certificate);
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, CertificateFacts certificate)
    {
        json.WriteStartObject();
        json.WriteString("subject"u8, certificate.Subject);
        json.WriteString("issuer"u8, certificate.Issuer);
        json.WriteStartArray("names"u8);
        foreach (var name in certificate.Names)
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
        json.WriteString("notBefore"u8, TimeText.Rfc3339(certificate.NotBefore));
        json.WriteString("notAfter"u8, TimeText.Rfc3339(certificate.NotAfter));
        json.WriteString("serialNumber"u8, certificate.SerialNumber);
        json.WriteString("sha256"u8, certificate.Sha256);
        json.WriteString("key"u8, certificate.Key);
        json.WriteString("signature"u8, certificate.Signature);
        json.WriteBoolean("sent"u8, certificate.WasSent);
        json.WriteEndObject();
    }
}
