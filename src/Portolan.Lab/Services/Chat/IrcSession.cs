namespace Portolan.Lab.Services.Chat;

/// <summary>What one client says, and what comes of it.</summary>
internal sealed partial class IrcSession(IrcHub hub, IrcClient client, ServiceCall call)
{
    private readonly HashSet<string> _channels = new(StringComparer.OrdinalIgnoreCase);
    private bool _isIn;
    private bool _isNegotiating;
    private bool _hasLeft;
    private string? _password;

    private string Server => $"{call.Host.Name}.{call.Host.Directory.Domain}";

    /// <summary>Does a command.</summary>
    /// <returns>False when it was the last.</returns>
    internal bool Do(string line)
    {
        var (verb, words) = Read(line);
        switch (verb)
        {
            case "":
                break;
            case "PING":
                client.Send($":{Server} PONG {Server} :{Word(words, 0)}");
                break;
            case "PONG":
                break;
            case "CAP":
                _isNegotiating = Word(words, 0).ToUpperInvariant() is "LS" or "REQ";
                if (_isNegotiating)
                {
                    client.Send($":{Server} CAP * "
                        + $"{(Word(words, 0).Equals("REQ", StringComparison.OrdinalIgnoreCase) ? $"NAK :{Word(words, 1)}" : "LS :")}");
                }

                Enter();
                break;
            case "PASS":
                _password = Word(words, 0);
                break;
            case "NICK":
                Name(Word(words, 0));
                break;
            case "USER":
                User(words);
                break;
            case "QUIT":
                Leave(Word(words, 0));
                client.Send($"ERROR :closing link: {client.Address}");
                return false;
            case var _ when !_isIn:
                Tell("451", ":You have not registered");
                break;
            default:
                DoInside(verb, words);
                break;
        }

        return !client.IsOver;
    }

    /// <summary>Notifies the others that it is gone.</summary>
    internal void Leave(string why)
    {
        if (_hasLeft)
        {
            return;
        }

        _hasLeft = true;
        var around = hub.Around(client);
        hub.Remove(client);
        foreach (var other in around.Where(o => o != client && _isIn))
        {
            other.Send($":{client.Mask} QUIT :{why}");
        }
    }

    private void DoInside(string verb, List<string> words)
    {
        switch (verb)
        {
            case "JOIN":
                foreach (var channel in Word(words, 0).Split(','))
                {
                    Join(channel);
                }

                break;
            case "PART":
                foreach (var channel in Word(words, 0).Split(','))
                {
                    Part(channel, Word(words, 1));
                }

                break;
            case "PRIVMSG" or "NOTICE":
                Say(verb, Word(words, 0), Word(words, 1));
                break;
            case "NAMES":
                Names(Word(words, 0));
                break;
            case "TOPIC":
                Topic(words);
                break;
            case "LIST":
                foreach (var (name, count, topic) in hub.Channels())
                {
                    Tell("322", $"{name} {count} :{topic}");
                }

                Tell("323", ":End of /LIST");
                break;
            case "WHO":
                foreach (var other in hub.Members(Word(words, 0)))
                {
                    Tell("352", $"{Word(words, 0)} {other.User} {other.Address} {Server} {other.Nick} H :0 {other.RealName}");
                }

                Tell("315", $"{Word(words, 0)} :End of /WHO list");
                break;
            case "WHOIS":
                if (hub.Find(Word(words, 0)) is { } found)
                {
                    Tell("311", $"{found.Nick} {found.User} {found.Address} * :{found.RealName}");
                    Tell("318", $"{found.Nick} :End of /WHOIS list");
                }
                else
                {
                    Tell("401", $"{Word(words, 0)} :No such nick/channel");
                }

                break;
            case "MODE":
                Tell(Word(words, 0).StartsWith('#') ? "324" : "221", Word(words, 0).StartsWith('#') ? $"{Word(words, 0)} +" : "+");
                break;
            case "MOTD":
                Today();
                break;
            case "LUSERS":
                Tell("251", $":There are {hub.Count} users on 1 server");
                break;
            default:
                Tell("421", $"{verb} :Unknown command");
                break;
        }
    }

    private void Tell(string code, string text) => client.Send($":{Server} {code} {client.Nick ?? "*"} {text}");

    private static string Word(List<string> words, int at) => at < words.Count ? words[at] : "";

    // A prefix is passed over; the last word after a colon has spaces (RFC 1459 section 2.3.1).
    private static (string Verb, List<string> Words) Read(string line)
    {
        var words = new List<string>();
        var rest = new string([.. line.Where(static c => c is not ('\0' or '\r'))]).Trim(' ');
        rest = rest.StartsWith(':')
            ? rest[(rest.IndexOf(' ', StringComparison.Ordinal) is >= 0 and var end ? end : rest.Length)..].TrimStart(' ')
            : rest;
        while (rest.Length > 0)
        {
            if (rest[0] == ':' && words.Count > 0)
            {
                words.Add(rest[1..]);
                break;
            }

            var space = rest.IndexOf(' ', StringComparison.Ordinal);
            words.Add(space < 0 ? rest : rest[..space]);
            rest = space < 0 ? "" : rest[space..].TrimStart(' ');
        }

        return words.Count == 0 ? ("", words) : (words[0].ToUpperInvariant(), words[1..]);
    }
}
