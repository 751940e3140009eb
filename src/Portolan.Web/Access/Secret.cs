using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Portolan.Web.Access;

/// <summary>Secrets: 256 random bits as base64url. Kept as their SHA-256, which is enough for what cannot be guessed.</summary>
internal static class Secret
{
    /// <summary>How much of a hash names a secret in a log or a list.</summary>
    internal const int ShortLength = 8;

    private const int Bytes = 32;

    internal static string New() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));

    /// <summary>Its hash, as hexadecimal digits.</summary>
    internal static string Hash(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    /// <summary>Whether two texts are the same, in a time that does not depend on where they differ.</summary>
    internal static bool AreEqual(string one, string other) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(one), Encoding.UTF8.GetBytes(other));
}
