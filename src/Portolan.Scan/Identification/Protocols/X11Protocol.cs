using System.Buffers.Binary;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>
/// X11: connection setup without authorization (X Window System Protocol, "Connection Setup"). An open server tells vendor and release.
/// </summary>
internal sealed class X11Protocol() : ServiceProtocol("x11", 6000, 6001, 6002, 6003, 6004, 6005)
{
    private static readonly ServiceProbe Setup = new("X11 connection setup", [(byte)'l', 0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

    /// <inheritdoc/>
    public override ServiceProbe Opening => Setup;

    /// <inheritdoc/>
    public override HttpReaction ToHttp => HttpReaction.Closes;

    /// <inheritdoc/>
    public override int Rarity => 7;

    /// <inheritdoc/>
    public override ReplyReading Read(ServiceReply reply)
    {
        var bytes = reply.Bytes;
        if (!ReferenceEquals(reply.Asked, Setup) || bytes.Length == 0 || bytes[0] > 2)
        {
            return ReplyReading.Foreign;
        }

        if (bytes.Length < 8)
        {
            return ReplyReading.UnlessEnded(reply);
        }

        // Status, length of the reason, version 11.0, length of the rest in units of four bytes.
        var rest = 4 * BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]);
        if (bytes[2] != 11 || bytes[3] != 0 || bytes[4] > 1 || bytes[5] != 0)
        {
            return ReplyReading.Foreign;
        }

        return bytes[0] switch
        {
            _ when bytes.Length < 8 + Math.Min(rest, 256) => ReplyReading.UnlessEnded(reply),
            0 when bytes[1] <= rest =>
                ReplyReading.Certain(
                    new IdentifiedService(
                        Name)
                    { Info = ReplyText.Of(bytes.Slice(8, bytes[1])) is { } reason ? $"refused: {reason}" : "access denied" }),
            1 => ReadOpen(bytes),
            2 => ReplyReading.Certain(new IdentifiedService(Name) { Info = "access denied: authentication is wanted" }),
            _ => ReplyReading.Foreign,
        };
    }

    private ReplyReading ReadOpen(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 40)
        {
            return ReplyReading.Foreign;
        }

        var release = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        var length = BinaryPrimitives.ReadUInt16LittleEndian(bytes[24..]);
        var vendor = length <= bytes.Length - 40 ? ReplyText.Of(bytes.Slice(40, length)) : null;
        var isXorg = vendor == "The X.Org Foundation";
        var version = isXorg ? XorgVersion(release) : null;
        return ReplyReading.Certain(new IdentifiedService(Name)
        {
            Product = isXorg ? "X.Org" : vendor,
            Version = version,
            Info = "open access",
            Cpes = isXorg ? Cpe.Of("x.org:x_server", version) : [],
        });
    }

    // 12101007 is 1.21.1.7, which its makers call 21.1.7; 11604000 is 1.16.4.
    private static string XorgVersion(uint release)
    {
        var (major, minor, patch, snapshot) = (release / 10_000_000, release / 100_000 % 100, release / 1000 % 100, release % 1000);
        return (minor, snapshot) switch
        {
            ( > 20, _) => FormattableString.Invariant($"{minor}.{patch}.{snapshot}"),
            (_, 0) => FormattableString.Invariant($"{major}.{minor}.{patch}"),
            _ => FormattableString.Invariant($"{major}.{minor}.{patch}.{snapshot}"),
        };
    }
}
