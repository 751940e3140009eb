using System.Buffers.Binary;
using System.Text;
using Portolan.Scan.Identification;
using Portolan.Scan.Identification.Facts;

namespace Portolan.Tests.Scan.Identification.Facts;

/// <summary>What servers tell of themselves and of what they share before anybody logs in.</summary>
public sealed class NamesBeforeLoginTests
{
    [Fact]
    public void A_server_of_SMB_1_alone_tells_its_names_and_Sambas_version()
    {
        var samba = RecordedService.Read("samba-smb1");
        var said = "";
        var server = new FactServer(null, asked =>
        {
            var name = RecordedService.NameOf(asked, samba.Target(445));
            said = said.Length == 0 || name.StartsWith("SMB1 NEG", StringComparison.Ordinal) ? name : $"{said} > {name}";
            return samba.ReplyTo(said)?.Bytes is { Length: > 0 } bytes ? bytes : null;
        });
        var fact = server.Ask("smb-ntlm-info", new IdentifiedService("microsoft-ds"), 445);
        Assert.Equal("OLDBOX", Text(fact, "NetBIOS_Computer_Name"));
        Assert.Equal("harbour.example", Text(fact, "DNS_Computer_Name"));
        Assert.Equal("Windows 6.1", Text(fact, "OS"));
        Assert.Equal("Samba 4.17.12-Debian", Text(fact, "LAN_Manager"));
    }

    [Theory]
    [InlineData("ref: refs/heads/main\n", "refs/heads/main")]
    [InlineData("4b825dc642cb6eb9a060e54bf8d69288fbee4904\n", "4b825dc642cb6eb9a060e54bf8d69288fbee4904")]
    [InlineData("<html>ref: refs/heads/main</html>", null)]
    [InlineData("ref: refs/heads/main\nand a page for every path\n", null)]
    public void A_repository_that_a_web_server_gives_away(string head, string? expected)
    {
        var server = new FactServer(null, asked => Encoding.ASCII.GetString(asked).StartsWith("GET /.git/HEAD ", StringComparison.Ordinal)
            ? Answer("200 OK", head)
            : Answer("404 Not Found", ""));
        Assert.Equal(expected, Text(server.Ask("http-git", new IdentifiedService("http"), 80), "head"));
    }

    [Fact]
    public void Exports_and_who_may_mount_them()
    {
        byte[] list =
        [
            0x50, 0x6F, 0x72, 0x47, 0, 0, 0, 1, .. new byte[16],
            0, 0, 0, 1, .. Opaque("/srv"), 0, 0, 0, 1, .. Opaque("198.18.0.0/15"), 0, 0, 0, 0,
            0, 0, 0, 1, .. Opaque("/home"), 0, 0, 0, 0,
            0, 0, 0, 0,
        ];
        byte[] record = [0x80, 0, 0, (byte)list.Length, .. list];
        var server = new FactServer(null, _ => record);
        Assert.Equal(
            "\n  /srv 198.18.0.0/15\n  /home *", server.Ask("nfs-showmount", new IdentifiedService("mountd"), 20048)?.Output);

        // No groups are everybody: what is cut off is not told.
        var cut = new FactServer(null, _ => [0x80, 0, 0, 52, .. list.AsSpan(0, 52)]);
        Assert.Null(cut.Ask("nfs-showmount", new IdentifiedService("mountd"), 20048));
    }

    [Fact]
    public void A_server_of_RDP_without_CredSSP_tells_no_names()
    {
        var server = new FactServer(null, static _ => [3, 0, 0, 19, 14, 0xD0, 0, 0, 0x12, 0x34, 0, 2, 1, 8, 0, 1, 0, 0, 0]);
        Assert.Null(server.Ask("rdp-ntlm-info", new IdentifiedService("ms-wbt-server"), 3389));
        Assert.Single(server.Received);
    }

    private static string? Text(Fact? fact, string key) => fact?.Fields?.SingleOrDefault(field => field.Key == key)?.Text;

    private static byte[] Answer(string status, string body) =>
        Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}");

    private static byte[] Opaque(string text)
    {
        var bytes = new byte[4 + ((text.Length + 3) & ~3)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, text.Length);
        Encoding.ASCII.GetBytes(text, bytes.AsSpan(4));
        return bytes;
    }
}
