namespace Portolan.Scan.Engine.Connecting;

/// <summary>
/// A server of SSH may go on with binary packets behind the line that names its version, unasked (RFC 4253 section 4.2): they are no words.
/// </summary>
internal static class SshGreeting
{
    /// <summary>What was said up to that line; all where there is none.</summary>
    public static ReadOnlySpan<byte> WithoutPackets(ReadOnlySpan<byte> greeting)
    {
        // Other lines may come before it.
        for (var start = 0; start < greeting.Length;)
        {
            var end = greeting[start..].IndexOf((byte)'\n');
            if (end < 0)
            {
                break;
            }

            end += start + 1;
            if (greeting[start..end].StartsWith("SSH-"u8))
            {
                return greeting[..end];
            }

            start = end;
        }

        return greeting;
    }
}
