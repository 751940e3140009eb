namespace Portolan.Lab.Services.Chat;

/// <summary>What one client says, and what comes of it.</summary>
internal sealed class IrcSession(IrcHub hub, IrcClient client, ServiceCall call)
{
    private const int MaxChannelsOfOne = 20;

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
                    client.Send($":{Server} CAP * {(Word(words, 0).Equals("REQ", StringComparison.OrdinalIgnoreCase) ? $"NAK :{Word(words, 1)}" : "LS :")}");
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

    /// <summary>Tells the others that it is gone.</summary>
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

    private void Name(string nick)
    {
        var old = client.Mask;
        if (nick.Length == 0)
        {
            Tell("431", ":No nickname given");
        }
        else if (nick.Length > 30 || char.IsAsciiDigit(nick[0]) || nick[0] == '-' || !nick.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '[' or ']' or '\\' or '`' or '_' or '^' or '{' or '|' or '}'))
        {
            Tell("432", $"{new string([.. nick.Take(30).Where(static c => c > ' ')])} :Erroneous nickname");
        }
        else if (!hub.TryName(client, nick))
        {
            Tell("433", $"{nick} :Nickname is already in use");
        }
        else if (_isIn)
        {
            foreach (var other in hub.Around(client))
            {
                other.Send($":{old} NICK :{nick}");
            }
        }
        else
        {
            Enter();
        }
    }

    private void User(List<string> words)
    {
        if (_isIn)
        {
            Tell("462", ":You may not reregister");
        }
        else if (words.Count < 4)
        {
            Tell("461", "USER :Not enough parameters");
        }
        else
        {
            client.User = new string([.. words[0].Take(20).Where(static c => c > ' ' && c is not ('@' or '!'))]);
            client.RealName = words[3];
            Enter();
        }
    }

    private void Enter()
    {
        if (_isIn || _isNegotiating || client.Nick is null || client.User is null)
        {
            return;
        }

        if (call.Service.Settings.TryGetValue("password", out var password) && _password != LineTalk.Text(password))
        {
            Tell("464", ":Password incorrect");
            client.End();
            return;
        }

        _isIn = true;
        Tell("001", $":Welcome to the lab, {client.Mask}");
        Tell("002", $":Your host is {Server}, running Portolan");
        Tell("003", ":This server was made when the lab began");
        Tell("004", $"{Server} Portolan o o");
        Tell("005", "CHANTYPES=# NICKLEN=30 NETWORK=lab :are supported by this server");
        Tell("251", $":There are {hub.Count} users on 1 server");
        Today();
    }

    private void Today()
    {
        if (call.Service.Settings.TryGetValue("motd", out var text))
        {
            Tell("375", $":- {Server} Message of the day -");
            Tell("372", $":- {LineTalk.Text(text)}");
            Tell("376", ":End of /MOTD command");
        }
        else
        {
            Tell("422", ":There is no message of the day");
        }
    }

    private void Join(string channel)
    {
        if (channel.Length is < 2 or > 50 || channel[0] != '#' || channel.Any(static c => c is <= ' ' or ',' or ':') || _channels.Count >= MaxChannelsOfOne)
        {
            Tell(_channels.Count >= MaxChannelsOfOne ? "405" : "403", $"{new string([.. channel.Take(50).Where(static c => c > ' ')])} :No such channel");
        }
        else if (hub.TryJoin(client, channel))
        {
            _channels.Add(channel);
            foreach (var member in hub.Members(channel))
            {
                member.Send($":{client.Mask} JOIN {channel}");
            }

            if (hub.Topic(channel) is { Length: > 0 } topic)
            {
                Tell("332", $"{channel} :{topic}");
            }

            Names(channel);
        }
    }

    private void Part(string channel, string why)
    {
        var members = hub.Members(channel);
        if (!hub.Leave(client, channel))
        {
            Tell("442", $"{channel} :You're not on that channel");
            return;
        }

        _channels.Remove(channel);
        foreach (var member in members)
        {
            member.Send($":{client.Mask} PART {channel} :{why}");
        }
    }

    private void Say(string verb, string target, string text)
    {
        if (text.Length == 0)
        {
            Tell("412", ":No text to send");
        }
        else if (target.StartsWith('#') && !_channels.Contains(target))
        {
            Tell("404", $"{target} :Cannot send to channel");
        }
        else if (target.StartsWith('#'))
        {
            foreach (var member in hub.Members(target).Where(m => m != client))
            {
                member.Send($":{client.Mask} {verb} {target} :{text}");
            }
        }
        else if (hub.Find(target) is { } other)
        {
            other.Send($":{client.Mask} {verb} {other.Nick} :{text}");
        }
        else
        {
            Tell("401", $"{target} :No such nick/channel");
        }
    }

    private void Topic(List<string> words)
    {
        var channel = Word(words, 0);
        if (words.Count > 1 && _channels.Contains(channel))
        {
            hub.Topic(channel, words[1]);
            foreach (var member in hub.Members(channel))
            {
                member.Send($":{client.Mask} TOPIC {channel} :{words[1]}");
            }
        }
        else
        {
            Tell(hub.Topic(channel).Length > 0 ? "332" : "331", $"{channel} :{(hub.Topic(channel) is { Length: > 0 } topic ? topic : "No topic is set")}");
        }
    }

    private void Names(string channel)
    {
        Tell("353", $"= {channel} :{string.Join(' ', hub.Members(channel).Select(static m => m.Nick))}");
        Tell("366", $"{channel} :End of /NAMES list");
    }

    private void Tell(string code, string text) => client.Send($":{Server} {code} {client.Nick ?? "*"} {text}");

    private static string Word(List<string> words, int at) => at < words.Count ? words[at] : "";

    // A prefix is passed over; the last word after a colon has spaces (RFC 1459 section 2.3.1).
    private static (string Verb, List<string> Words) Read(string line)
    {
        var words = new List<string>();
        var rest = new string([.. line.Where(static c => c is not ('\0' or '\r'))]).Trim(' ');
        rest = rest.StartsWith(':') ? rest[(rest.IndexOf(' ', StringComparison.Ordinal) is >= 0 and var end ? end : rest.Length)..].TrimStart(' ') : rest;
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
