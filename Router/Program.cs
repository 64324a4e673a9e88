return await Router.Cli.RouterCommand.InvokeAsync(args);
