namespace Portolan.Cli.Checking;

/// <summary>
/// What curl, openssl s_client, netcat, dig and their kin have and <c>check</c> has not: each is refused by name, with what stands for it
/// here.
/// </summary>
internal static class CheckRemedies
{
    /// <summary>What stands for an option; <c>null</c> for one that is not known.</summary>
    /// <param name="option">Such as <c>--max-time</c>.</param>
    public static Advice? Find(string option) => option switch
    {
        "-L" or "--location" => $"redirects are followed automatically, up to --max-redirects",
        "-m" or "--max-time" or "--connect-timeout" or "-w" or "--wait" or "-T" => $"--timeout SECONDS, for each step",
        "--fail" or "--fail-with-body" => $"a status of 500 or above fails; --expect status=2xx fails on everything but 2xx",
        "-I" or "--head" or "-X" or "--request" or "-d" or "--data" or "--data-raw" or "--data-binary" or "--json-body" or "-F"
            or "--form" =>
            $"check sends one GET without a body; use curl for other requests",
        "-H" or "--header" or "-A" or "--user-agent" or "-b" or "--cookie" or "-e" or "--referer" or "-u" or "--user" =>
            $"check cannot send your own headers, cookies or passwords; use curl for that",
        "-o" or "--output" or "-O" or "--remote-name" => $"the body is read and discarded; use curl -o to keep it",
        "-s" or "--silent" or "-S" or "--show-error" or "-q" or "--quiet" => $"the exit code is the result: add > /dev/null",
        "-i" or "--include" or "-D" or "--dump-header" => $"-v shows every step; use curl -i for all headers",
        "--resolve" or "--connect-to" =>
            $"check the address, and name the host with --sni: portolan check https://192.0.2.1 --sni www.example.com",
        "-x" or "--proxy" or "--socks5" or "--socks5-hostname" or "--noproxy" => $"check connects directly and does not use a proxy",
        "--cacert" or "--capath" or "-CAfile" or "-CApath" or "--ca-certificate" => $"set SSL_CERT_FILE=FILE or SSL_CERT_DIR=FOLDER",
        "-E" or "--cert" or "--key" or "-cert" or "-key" =>
            $"check has no client certificate to send; use curl --cert, or openssl s_client -cert",
        "-servername" or "--servername" => $"--sni NAME",
        "-connect" or "--connect" => $"portolan check tls://HOST:PORT",
        "-starttls" or "--starttls" =>
            $"check starts with TLS (smtps://HOST, imaps://HOST); for STARTTLS use openssl s_client -starttls",
        "-showcerts" or "--certs" => $"portolan check tls://HOST:PORT --json prints the whole certificate chain",
        "--http1.0" or "--http1.1" or "-0" or "--http2" or "--http2-prior-knowledge" or "--http3" =>
            $"HTTP/2 is used if the server offers it in TLS (ALPN), else HTTP/1.1",
        "-1" or "--tlsv1" or "--tlsv1.0" or "--tlsv1.1" or "--tlsv1.2" or "--tlsv1.3" or "--tls-max" or "-tls1" or "-tls1_1" or "-tls1_2"
            or "-tls1_3" =>
            $"the negotiated version is shown; --expect tls=1.2+ requires one",
        "--retry" or "-r" or "--retries" or "-c" or "--count" or "-n" or "-t" or "--interval" =>
            $"--watch SECONDS repeats the check and reports changes",
        "-z" or "-vz" or "-zv" or "-nz" or "-nvz" or "-vnz" => $"not needed: portolan check HOST:PORT connects and sends nothing",
        "-p" or "--port" => $"write the port after the host: portolan check HOST:PORT",
        "--udp" or "-uz" or "-zu" or "-vzu" or "-uvz" => $"portolan check udp://HOST:PORT",
        "--type" or "--tcp" or "+tcp" => $"portolan check dns://SERVER/NAME?type=TYPE",
        _ => null,
    };
}
